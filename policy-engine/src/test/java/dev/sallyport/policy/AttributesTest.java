package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sallyport.policy.entity.Attributes;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.entity.UidSet;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.Value;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AttributesTest {
  private static final EntityUid ROOM = EntityUid.of("Room", "a");
  private static final PolicySet POLICIES =
      PolicySet.parse(
              """
              permit (principal, action, resource)
              when { resource.open && resource has level && resource.level < 3 };
              """)
          .orElseThrow();
  private static final Schema SCHEMA =
      Schema.parse(
              """
              entity User;
              entity Room { open: Bool, level?: Long };
              action read appliesTo { principal: User, resource: Room };
              """)
          .orElseThrow();

  /** Its readers say that it is open, its {@code attribute} that it is not. */
  private static class Room implements EntityView {
    static final Attributes<Room> ATTRIBUTES =
        Attributes.of(Room.class)
            .with("open", _ -> BooleanValue.TRUE)
            .with("level", room -> room.level);

    private final @Nullable LongValue level;

    Room(@Nullable LongValue level) {
      this.level = level;
    }

    @Override
    public EntityUid uid() {
      return ROOM;
    }

    @Override
    public @Nullable Value attribute(String name) {
      return name.equals("open") ? BooleanValue.FALSE : null;
    }

    @Override
    public boolean isIn(EntityUid ancestor) {
      return false;
    }

    @Override
    public Iterable<EntityUid> ancestors() {
      return UidSet.EMPTY;
    }
  }

  private static final class SecretRoom extends Room {
    SecretRoom() {
      super(LongValue.of(1));
    }
  }

  private static Verdict decide(Room room, List<Attributes<?>> live) {
    PolicyEngine engine = PolicyEngine.plan(POLICIES, SCHEMA, ErrorMode.CEDAR, live);
    Request request =
        new Request(
            EntityUid.of("User", "u"), EntityUid.of("Action", "read"), ROOM, RecordValue.EMPTY);
    return engine.decide(request, uid -> uid.equals(ROOM) ? room : null);
  }

  @Test
  void decide_readersGiven_asksThem() {
    assertEquals(Verdict.PERMITTED, decide(new Room(LongValue.of(1)), List.of(Room.ATTRIBUTES)));
    assertEquals(Verdict.REFUSED, decide(new Room(LongValue.of(3)), List.of(Room.ATTRIBUTES)));
  }

  @Test
  void decide_readerHasNoValue_attributeIsAbsent() {
    assertEquals(Verdict.REFUSED, decide(new Room(null), List.of(Room.ATTRIBUTES)));
  }

  @Test
  void decide_otherClass_asksTheEntityItself() {
    assertEquals(Verdict.REFUSED, decide(new SecretRoom(), List.of(Room.ATTRIBUTES)));
    assertEquals(Verdict.REFUSED, decide(new Room(LongValue.of(1)), List.of()));
  }

  @Test
  void read_unknownName_isNull() {
    Room room = new Room(null);
    assertNull(Room.ATTRIBUTES.read(room, "colour"));
    assertNull(Room.ATTRIBUTES.read(room, "level"));
    assertEquals(BooleanValue.TRUE, Room.ATTRIBUTES.read(room, "open"));
  }

  @Test
  void with_sameNameTwice_throws() {
    assertThrows(
        IllegalArgumentException.class, () -> Room.ATTRIBUTES.with("open", _ -> BooleanValue.TRUE));
  }

  @Test
  void plan_oneClassTwice_throws() {
    Schema schema = Schema.parse("entity Room = { level?: Long, open: Bool };").orElseThrow();
    PolicySet none = PolicySet.parse("").orElseThrow();
    List<Attributes<?>> twice = List.of(Room.ATTRIBUTES, Attributes.of(Room.class));
    assertThrows(
        IllegalArgumentException.class,
        () -> PolicyEngine.plan(none, schema, ErrorMode.CEDAR, twice));
  }

  @Test
  void names_heldToTheSchema_showWhatIsNotRead() {
    Schema schema =
        Schema.parse("entity Room = { level?: Long, open: Bool, colour: String };").orElseThrow();
    Set<String> unread = new TreeSet<>(schema.attributes("Room"));
    unread.removeAll(Room.ATTRIBUTES.names());
    assertEquals(Set.of("colour"), unread);
    assertEquals(Set.of(), schema.attributes("Rome"));
  }
}
