package dev.sallyport.policy.plan;

import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.syntax.ExtensionFunction;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.DecimalValue;
import dev.sallyport.policy.value.DurationValue;
import dev.sallyport.policy.value.IpValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Calls of the extension types' functions and methods. */
final class ExtensionNodes {
  private ExtensionNodes() {}

  /** A call with the right number of arguments, one or two. */
  static final class Call extends Node {
    private final ExtensionFunction function;
    private final Node first;
    private final @Nullable Node second;

    Call(ExtensionFunction function, Node first, @Nullable Node second, At at) {
      super(at);
      this.function = function;
      this.first = first;
      this.second = second;
    }

    @Override
    @Nullable Value value(Frame frame) {
      Value a = first.value(frame);
      if (a == null) {
        return null;
      }
      if (second == null) {
        return one(frame, a);
      }
      Value b = second.value(frame);
      return b == null ? null : two(frame, a, b);
    }

    private @Nullable Value one(Frame frame, Value a) {
      return switch (function) {
        case IP -> constructed(frame, a, "ip address");
        case DECIMAL -> constructed(frame, a, "decimal");
        case DATETIME -> constructed(frame, a, "datetime");
        case DURATION -> constructed(frame, a, "duration");
        case IS_IPV4 -> a instanceof IpValue ip ? BooleanValue.of(ip.v4()) : noIp(frame, a);
        case IS_IPV6 -> a instanceof IpValue ip ? BooleanValue.of(!ip.v4()) : noIp(frame, a);
        case IS_LOOPBACK ->
            a instanceof IpValue ip ? BooleanValue.of(ip.isLoopback()) : noIp(frame, a);
        case IS_MULTICAST ->
            a instanceof IpValue ip ? BooleanValue.of(ip.isMulticast()) : noIp(frame, a);
        case TO_DATE -> {
          if (!(a instanceof DatetimeValue datetime)) {
            yield noDatetime(frame, a);
          }
          try {
            yield datetime.toDate();
          } catch (ArithmeticException overflow) {
            yield overflow(frame);
          }
        }
        case TO_TIME ->
            a instanceof DatetimeValue datetime ? datetime.toTime() : noDatetime(frame, a);
        case TO_MILLISECONDS ->
            a instanceof DurationValue d ? new LongValue(d.millis()) : noDuration(frame, a);
        case TO_SECONDS ->
            a instanceof DurationValue d ? new LongValue(d.toSeconds()) : noDuration(frame, a);
        case TO_MINUTES ->
            a instanceof DurationValue d ? new LongValue(d.toMinutes()) : noDuration(frame, a);
        case TO_HOURS ->
            a instanceof DurationValue d ? new LongValue(d.toHours()) : noDuration(frame, a);
        case TO_DAYS ->
            a instanceof DurationValue d ? new LongValue(d.toDays()) : noDuration(frame, a);
        case IS_IN_RANGE,
            LESS_THAN,
            LESS_THAN_OR_EQUAL,
            GREATER_THAN,
            GREATER_THAN_OR_EQUAL,
            OFFSET,
            DURATION_SINCE ->
            throw new IllegalStateException(function.text());
      };
    }

    private @Nullable Value two(Frame frame, Value a, Value b) {
      return switch (function) {
        case IS_IN_RANGE -> {
          if (!(a instanceof IpValue address)) {
            yield noIp(frame, a);
          }
          yield b instanceof IpValue range
              ? BooleanValue.of(address.isInRange(range))
              : noIp(frame, b);
        }
        case LESS_THAN, LESS_THAN_OR_EQUAL, GREATER_THAN, GREATER_THAN_OR_EQUAL -> {
          if (!(a instanceof DecimalValue x)) {
            yield noDecimal(frame, a);
          }
          if (!(b instanceof DecimalValue y)) {
            yield noDecimal(frame, b);
          }
          int order = x.compareTo(y);
          yield BooleanValue.of(
              switch (function) {
                case LESS_THAN -> order < 0;
                case LESS_THAN_OR_EQUAL -> order <= 0;
                case GREATER_THAN -> order > 0;
                default -> order >= 0;
              });
        }
        case OFFSET -> {
          if (!(a instanceof DatetimeValue datetime)) {
            yield noDatetime(frame, a);
          }
          if (!(b instanceof DurationValue duration)) {
            yield noDuration(frame, b);
          }
          try {
            yield datetime.offset(duration);
          } catch (ArithmeticException overflow) {
            yield overflow(frame);
          }
        }
        case DURATION_SINCE -> {
          if (!(a instanceof DatetimeValue datetime)) {
            yield noDatetime(frame, a);
          }
          if (!(b instanceof DatetimeValue since)) {
            yield noDatetime(frame, b);
          }
          try {
            yield datetime.durationSince(since);
          } catch (ArithmeticException overflow) {
            yield overflow(frame);
          }
        }
        default -> throw new IllegalStateException(function.text());
      };
    }

    private @Nullable Value constructed(Frame frame, Value argument, String what) {
      if (!(argument instanceof StringValue(String text))) {
        return frame.fail(ProblemCode.TYPE_ERROR, at, argument, "a string");
      }
      Optional<? extends Value> value = construct(function, text);
      return value.isPresent()
          ? value.get()
          : frame.fail(ProblemCode.EXTENSION_ERROR, at, text, what);
    }

    private @Nullable Value noIp(Frame frame, Value found) {
      return frame.fail(ProblemCode.TYPE_ERROR, at, found, "an ip address");
    }

    private @Nullable Value noDecimal(Frame frame, Value found) {
      return frame.fail(ProblemCode.TYPE_ERROR, at, found, "a decimal");
    }

    private @Nullable Value noDatetime(Frame frame, Value found) {
      return frame.fail(ProblemCode.TYPE_ERROR, at, found, "a datetime");
    }

    private @Nullable Value noDuration(Frame frame, Value found) {
      return frame.fail(ProblemCode.TYPE_ERROR, at, found, "a duration");
    }

    private @Nullable Value overflow(Frame frame) {
      return frame.fail(ProblemCode.ARITHMETIC_OVERFLOW, at, function.text(), null);
    }
  }

  /** What a constructor makes of a string; empty if the string is not of its form. */
  static Optional<? extends Value> construct(ExtensionFunction constructor, String text) {
    return switch (constructor) {
      case IP -> IpValue.parse(text);
      case DECIMAL -> DecimalValue.parse(text);
      case DATETIME -> DatetimeValue.parse(text);
      case DURATION -> DurationValue.parse(text);
      default -> throw new IllegalArgumentException(constructor.text());
    };
  }
}
