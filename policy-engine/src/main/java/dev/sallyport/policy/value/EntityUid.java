package dev.sallyport.policy.value;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The name of an entity: a type such as {@code Chat::User}, and an id. The hash is computed once
 * and compared first, so that equality of different uids costs one comparison of ints.
 */
public final class EntityUid implements Value, Comparable<EntityUid> {
  private final String type;
  private final String id;
  private final int hash;

  private EntityUid(String type, String id) {
    this.type = type;
    this.id = id;
    this.hash = mixed(31 * type.hashCode() + id.hashCode());
  }

  /**
   * Spreads what numbered ids leave close together ({@code room-1}, {@code room-2}): hash tables
   * that hold several types would else have long chains. The finalizer of MurmurHash3.
   */
  private static int mixed(int hash) {
    int mixed = (hash ^ hash >>> 16) * 0x85ebca6b;
    mixed = (mixed ^ mixed >>> 13) * 0xc2b2ae35;
    return mixed ^ mixed >>> 16;
  }

  /**
   * The uid of that type and id. The type is trusted to be a well-formed name; readers of text and
   * JSON check it.
   */
  public static EntityUid of(String type, String id) {
    return new EntityUid(Objects.requireNonNull(type), Objects.requireNonNull(id));
  }

  /** The qualified type, for instance {@code Chat::User}. */
  public String type() {
    return type;
  }

  /** The id, as it is, not escaped. */
  public String id() {
    return id;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof EntityUid that && hash == that.hash && isSameText(that));
  }

  // Apart, so that the JVM inlines the comparison of hashes wherever uids are compared.
  private boolean isSameText(EntityUid that) {
    return id.equals(that.id) && type.equals(that.type);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** By type, then id. Hash tables use it where hashes collide by someone's design. */
  @Override
  public int compareTo(EntityUid other) {
    int byType = type.compareTo(other.type);
    return byType != 0 ? byType : id.compareTo(other.id);
  }

  /** {@code Chat::User::"alice"}, the id escaped. */
  @Override
  public String toString() {
    return type + "::" + Escapes.quote(id);
  }
}
