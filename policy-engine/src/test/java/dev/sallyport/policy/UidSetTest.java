package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.sallyport.policy.entity.UidSet;
import dev.sallyport.policy.value.EntityUid;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UidSetTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 7, 8, 9, 64, 500})
  void contains_generated_asHashSet(int size) {
    Random random = new Random(size);
    Set<EntityUid> expected = new LinkedHashSet<>();
    for (int i = 0; i < size; i++) {
      expected.add(uid(random.nextInt(2 * size)));
    }
    List<EntityUid> twice = new ArrayList<>(expected);
    twice.addAll(expected);
    UidSet set = UidSet.of(twice);
    assertEquals(expected.size(), set.size());
    for (int i = 0; i < 2 * size; i++) {
      assertEquals(expected.contains(uid(i)), set.contains(uid(i)), () -> set.toString());
    }
    assertFalse(set.contains(EntityUid.of("Room", "room-0")));
    List<EntityUid> seen = new ArrayList<>();
    set.forEach(seen::add);
    assertEquals(new ArrayList<>(expected), seen);
  }

  private static EntityUid uid(int number) {
    return EntityUid.of("RoomRole", "room-" + number);
  }
}
