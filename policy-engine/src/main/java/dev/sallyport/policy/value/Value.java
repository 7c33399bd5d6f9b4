package dev.sallyport.policy.value;

/** A Cedar value. Immutable; {@code equals} is Cedar's {@code ==}. */
public sealed interface Value
    permits BooleanValue,
        LongValue,
        StringValue,
        EntityUid,
        SetValue,
        RecordValue,
        DecimalValue,
        IpValue,
        DatetimeValue,
        DurationValue {

  static Value of(boolean value) {
    return BooleanValue.of(value);
  }

  static Value of(long value) {
    return LongValue.of(value);
  }

  static Value of(String value) {
    return StringValue.of(value);
  }

  /** The value in Cedar's syntax, for instance {@code [1, "a", User::"b"]}. */
  @Override
  String toString();
}
