package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.RecordShape;
import dev.sallyport.policy.value.RecordValue;
import org.junit.jupiter.api.Test;

class RecordShapeTest {
  private static final RecordShape SHAPE = RecordShape.of("size", "mfa");

  @Test
  void record_valuesInOrderOfNames_equalsThatOfTheMap() {
    RecordValue made = SHAPE.record(LongValue.of(7), BooleanValue.TRUE);
    RecordValue expected = RecordValue.of("mfa", BooleanValue.TRUE, "size", LongValue.of(7));
    assertEquals(expected, made);
    assertEquals(expected.hashCode(), made.hashCode());
    assertEquals(LongValue.of(7), made.get("size"));
    assertNull(made.get("ip"));
  }

  @Test
  void record_changed_leavesTheOthersOfTheShape() {
    RecordValue made = SHAPE.record(LongValue.of(7), BooleanValue.TRUE);
    RecordValue other = SHAPE.record(LongValue.of(8), BooleanValue.FALSE);
    made.with("size", LongValue.of(9)).with("ip", LongValue.of(1));
    assertEquals(LongValue.of(8), other.get("size"));
    assertEquals(LongValue.of(7), made.get("size"));
    assertEquals(2, other.size());
  }

  @Test
  void record_otherCount_throws() {
    assertThrows(IllegalArgumentException.class, () -> SHAPE.record(LongValue.of(7)));
  }

  @Test
  void of_sameNameTwice_throws() {
    assertThrows(IllegalArgumentException.class, () -> RecordShape.of("a", "b", "a"));
  }
}
