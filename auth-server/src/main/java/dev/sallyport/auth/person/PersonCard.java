package dev.sallyport.auth.person;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one person.
 *
 * @param claims by the names of OpenID Connect Core §5.1; {@code address} is an object of texts
 * @param updatedAt null: nothing was ever said
 * @param version grows with each change; 0: nothing was ever said
 */
public record PersonCard(Map<String, Object> claims, @Nullable Instant updatedAt, long version) {

  public static final PersonCard BLANK = new PersonCard(Map.of(), null, 0);

  public PersonCard {
    claims = Map.copyOf(claims);
  }

  /** Personal: not for logs. */
  @Override
  public String toString() {
    return "PersonCard[version=" + version + "]";
  }
}
