package dev.sallyport.gateway.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SeatsTest {

  @Test
  void take_beyondTheDevicesShare_replacesItsOldest() {
    Seats<String> seats = new Seats<>(10, 2);
    assertThat(seats.take("alice", "phone", "p1")).isEmpty();
    assertThat(seats.take("alice", "laptop", "l1")).isEmpty();
    assertThat(seats.take("alice", "phone", "p2")).isEmpty();
    assertThat(seats.take("bob", "phone", "b1")).isEmpty();
    assertThat(seats.take("alice", "phone", "p3")).containsExactly("p1");
    seats.leave("alice", "p2");
    assertThat(seats.take("alice", "phone", "p4")).isEmpty();
    assertThat(seats.take("alice", "phone", "p5")).containsExactly("p3");
  }

  @Test
  void take_beyondTheUsersShare_replacesTheOldestOfAll() {
    Seats<String> seats = new Seats<>(3, 2);
    seats.take("alice", "a", "1");
    seats.take("alice", "b", "2");
    seats.take("alice", "c", "3");
    assertThat(seats.take("alice", "d", "4")).containsExactly("1");
    assertThat(seats.take("bob", "a", "b1")).isEmpty();
  }

  @Test
  void leave_whoHasNoPlace_changesNothing() {
    Seats<String> seats = new Seats<>(1, 1);
    seats.take("alice", "a", "1");
    assertThat(seats.take("alice", "a", "2")).containsExactly("1");
    seats.leave("alice", "1");
    assertThat(seats.take("alice", "a", "3")).containsExactly("2");
  }

  @Test
  void seats_random_neverMoreThanTheShares() {
    long seed = 2026;
    Random random = new Random(seed);
    Seats<Integer> seats = new Seats<>(5, 2);
    ArrayDeque<Integer> open = new ArrayDeque<>();
    for (int i = 0; i < 5000; i++) {
      if (random.nextInt(3) == 0 && !open.isEmpty()) {
        seats.leave("alice", open.remove());
      } else {
        open.removeAll(seats.take("alice", "d" + random.nextInt(4), i));
        open.add(i);
      }
      assertThat(open.size()).as("seed %d, round %d", seed, i).isLessThanOrEqualTo(5);
    }
  }
}
