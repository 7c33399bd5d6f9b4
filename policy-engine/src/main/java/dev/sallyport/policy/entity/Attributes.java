package dev.sallyport.policy.entity;

import dev.sallyport.policy.value.Value;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the attributes of one class of live entities are read, for hosts whose decisions should cost
 * no more than the fields they read. A host declares one for each class, once, answers {@link
 * EntityView#attribute} by {@link #read}, and names them all when it plans a policy set; compiled
 * policies then call the readers themselves. Without that they ask {@link EntityView#attribute},
 * which the JVM inlines only when it sees fit.
 *
 * <pre>{@code
 * private static final Attributes<LiveRoom> ATTRIBUTES =
 *     Attributes.of(LiveRoom.class)
 *         .with("archived", room -> room.archived)
 *         .with("owners", room -> room.owners);
 *
 * public @Nullable Value attribute(String name) {
 *   return ATTRIBUTES.read(this, name);
 * }
 * }</pre>
 *
 * Nothing can be held to a schema when a policy set is planned: that a reader has no attribute in
 * the schema is harmless and happens with every older bundle, and which entity type a class stands
 * for is not said. But an attribute that the schema declares and no reader reads is absent, and a
 * forbid that needs it fails, which {@code ErrorMode.CEDAR} passes over. So hold the two together
 * in a test of the host: {@link #names} against {@code Schema.attributes} of the type.
 *
 * <p>Immutable.
 *
 * @param <T> the class itself; objects of its subclasses are asked by {@link EntityView#attribute}
 */
public final class Attributes<T extends EntityView> {
  private final Class<T> type;
  private final Map<String, Reader<T>> readers;

  /**
   * Reads one attribute.
   *
   * @param <T> what has it
   */
  @FunctionalInterface
  public interface Reader<T extends EntityView> {
    /** The value, made beforehand if reading is to cost no allocation; null if there is none. */
    @Nullable Value read(T entity);
  }

  private Attributes(Class<T> type, Map<String, Reader<T>> readers) {
    this.type = type;
    this.readers = readers;
  }

  /** No attributes yet. */
  public static <T extends EntityView> Attributes<T> of(Class<T> type) {
    return new Attributes<>(type, Map.of());
  }

  /**
   * These and one more. The reader should do no more than return a field.
   *
   * @throws IllegalArgumentException if there is one of that name already
   */
  public Attributes<T> with(String name, Reader<T> reader) {
    Map<String, Reader<T>> more = new LinkedHashMap<>(readers);
    if (more.put(name.intern(), reader) != null) {
      throw new IllegalArgumentException("two readers of `" + name + "`");
    }
    return new Attributes<>(type, more);
  }

  /** The names of the attributes that are read, in the order given. */
  public Set<String> names() {
    return Collections.unmodifiableSet(readers.keySet());
  }

  /** The class of the entities. */
  public Class<T> type() {
    return type;
  }

  /** The reader of that attribute, or null if no entity of the class has it. */
  public @Nullable Reader<T> reader(String name) {
    return readers.get(name);
  }

  /** The attribute of that entity, or null if it has none of that name. */
  public @Nullable Value read(T entity, String name) {
    Reader<T> reader = readers.get(name);
    return reader == null ? null : reader.read(entity);
  }
}
