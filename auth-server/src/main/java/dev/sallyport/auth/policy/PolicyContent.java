package dev.sallyport.auth.policy;

/**
 * What a policy version consists of.
 *
 * @param policies Cedar text; a policy's id is its {@code @id} annotation
 * @param schema Cedar schema text
 * @param entities roles, groups and spaces with their parents, in Cedar's entity JSON
 */
public record PolicyContent(String policies, String schema, String entities) {

  /** Texts are a few tens of KiB in practice; this bounds what a parser is given. */
  public static final int TEXT_BYTES_MAX = 1024 * 1024;
}
