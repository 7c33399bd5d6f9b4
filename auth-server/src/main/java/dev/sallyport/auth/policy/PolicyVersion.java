package dev.sallyport.auth.policy;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A content that is or was in force.
 *
 * @param version strictly increasing
 * @param rollbackOf the earlier version whose content this one repeats
 * @param activatedBy id of an account; null: the server itself, at its first start or when another
 *     release of it brought the policies up to what ships
 * @param release up to which shipped release it was brought
 */
public record PolicyVersion(
    long version,
    PolicyContent content,
    String note,
    @Nullable Long rollbackOf,
    @Nullable String activatedBy,
    Instant activatedAt,
    int release) {

  /** Who made it. */
  public enum Author {
    FIRST_START("first_start"),
    UPGRADE("upgrade"),
    ADMIN("admin");

    private final String text;

    Author(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  public Author author() {
    return activatedBy != null ? Author.ADMIN : version == 1 ? Author.FIRST_START : Author.UPGRADE;
  }
}
