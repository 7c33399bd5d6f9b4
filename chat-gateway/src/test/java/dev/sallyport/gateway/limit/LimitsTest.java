package dev.sallyport.gateway.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Buckets under a clock that only the test moves. */
class LimitsTest {

  private static final long SECOND = 1_000_000_000L;

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5 * SECOND);

  /** Against the plain meaning of a token bucket: a number of tokens that grows with time. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void take_isWhatATokenBucketGives(long seed) {
    var random = new Random(seed);
    long perSecond = 1 + random.nextInt(1_000);
    long burst = 1 + random.nextInt(2_000);
    var rate = Rate.of("test", burst, perSecond);
    var bucket = new Bucket(now.get());
    double tokens = burst;
    for (int i = 0; i < 20_000; i++) {
      long passes = random.nextLong(SECOND / perSecond * 4 + 2);
      now.addAndGet(passes);
      tokens = Math.min(burst, tokens + passes * (double) perSecond / SECOND);
      long count = 1 + random.nextLong(burst);
      long wait = bucket.take(rate, count, now.get());
      // Rounding to whole nanoseconds may move the border by a little.
      double slack = 1e-3 + i * 1e-6;
      if (tokens > count + slack) {
        assertThat(wait).as("seed %d step %d", seed, i).isZero();
      } else if (tokens < count - slack) {
        assertThat(wait).as("seed %d step %d", seed, i).isPositive();
      }
      if (wait == 0) {
        tokens -= count;
      } else if (i % 7 == 0) {
        now.addAndGet(wait);
        tokens = Math.min(burst, tokens + wait * (double) perSecond / SECOND);
        assertThat(bucket.take(rate, count, now.get())).as("after the wait it names").isZero();
        tokens -= count;
      }
    }
  }

  @Test
  void take_moreThanTheBucketHolds_takesAFullOne() {
    var rate = Rate.of("test", 10, 10);
    var bucket = new Bucket(now.get());
    assertThat(bucket.take(rate, 1_000_000, now.get())).isZero();
    assertThat(bucket.take(rate, 1, now.get())).isPositive();
    now.addAndGet(SECOND);
    assertThat(bucket.take(rate, Long.MAX_VALUE, now.get())).isZero();
  }

  @Test
  void take_byManyThreads_givesNotOneTooMany() throws Exception {
    var rate = Rate.of("test", 10_000, 1);
    var bucket = new Bucket(now.get());
    var taken = new AtomicLong();
    var start = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      start.await();
                    } catch (InterruptedException e) {
                      return;
                    }
                    for (int n = 0; n < 5_000; n++) {
                      if (bucket.take(rate, 1, now.get()) == 0) {
                        taken.incrementAndGet();
                      }
                    }
                  }));
    }
    start.countDown();
    for (var thread : threads) {
      thread.join();
    }
    assertThat(taken).hasValue(10_000);
  }

  @Test
  void buckets_areBounded_andForgetOnlyWhatIsFullAndNotHeld() {
    var buckets = new Buckets<String>(Rate.of("test", 2, 1), now::get, 3);
    var held = buckets.hold("held");
    assertThat(buckets.take("a", 1)).isZero();
    assertThat(buckets.take("b", 2)).isZero();
    assertThat(buckets.take("c", 1)).as("no room, nothing full").isPositive();
    assertThat(buckets.take("b", 1)).as("those known go on").isPositive();
    now.addAndGet(SECOND);
    assertThat(buckets.take("c", 1)).as("a is full again and forgotten").isZero();
    assertThat(buckets.size()).isEqualTo(3);
    assertThat(buckets.take(held, 2, now.get())).isZero();
    assertThat(buckets.take("held", 1)).as("one bucket for all who hold it").isPositive();
    buckets.release("held");
    assertThat(buckets.take("held", 1)).as("a spent one is not forgotten").isPositive();
  }

  private static LimitSettings tight() {
    return new LimitSettings(3, 1, 4, 1, 1_000, 100, 1_500, 100, 2, 1, 2, 1, 3, 1, 2, 1, 3, 1);
  }

  @Test
  void limits_ofDeviceUserRoomAndAddress_areApart() throws Exception {
    var meters = new SimpleMeterRegistry();
    var limits = new Limits(tight(), meters, now::get);
    var phone = limits.of("alice", "phone");
    var phoneAgain = limits.of("alice", "phone");
    var tablet = limits.of("alice", "tablet");
    var bob = limits.of("bob", "phone");
    assertThat(phone.frame(10)).isZero();
    assertThat(phoneAgain.frame(10)).isZero();
    assertThat(phone.frame(10)).isZero();
    assertThat(phoneAgain.frame(10)).as("two sockets of one device").isPositive();
    assertThat(tablet.frame(10)).as("the user's share, spent by the phone").isPositive();
    assertThat(bob.frame(10)).as("another user").isZero();
    assertThat(bob.frame(990)).isZero();
    assertThat(bob.frame(10)).as("bytes").isBetween(1L, 100L);
    assertThat(limits.message("room")).isZero();
    assertThat(limits.message("room")).isZero();
    assertThat(limits.message("room")).isEqualTo(1_000);
    assertThat(limits.message("other")).isZero();
    for (int i = 0; i < 3; i++) {
      assertThat(limits.connection(InetAddress.ofLiteral("2001:db8::" + i))).isZero();
    }
    assertThat(limits.connection(InetAddress.ofLiteral("2001:db8::ffff"))).isPositive();
    assertThat(limits.connection(InetAddress.ofLiteral("2001:db8:0:1::1"))).isZero();
    assertThat(limits.request(InetAddress.ofLiteral("2001:db8::1"))).isZero();
    assertThat(limits.connection("alice")).isZero();
    assertThat(limits.connection("alice")).isZero();
    assertThat(limits.connection("alice")).isPositive();
    assertThat(meters.counter("sallyport.limited", "what", "frames").count()).isEqualTo(2);
    assertThat(meters.counter("sallyport.limited", "what", "bytes").count()).isEqualTo(1);
    assertThat(meters.counter("sallyport.limited", "what", "messages").count()).isEqualTo(1);
    assertThat(meters.counter("sallyport.limited", "what", "connections").count()).isEqualTo(2);
    phone.close();
    phoneAgain.close();
    assertThat(limits.of("alice", "phone").frame(1)).as("closing gives nothing back").isPositive();
    now.addAndGet(60 * SECOND);
    assertThat(limits.of("alice", "phone").frame(1)).isZero();
  }

  @Test
  void settings_thatMakeNoSense_areRefusedByName() {
    assertThatThrownBy(() -> Rate.of("frames-per-user", 0, 1))
        .hasMessageContaining("sallyport.limits.frames-per-user");
    assertThatThrownBy(() -> Rate.of("frames-per-user", Long.MAX_VALUE, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
