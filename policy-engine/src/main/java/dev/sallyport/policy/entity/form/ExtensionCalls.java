package dev.sallyport.policy.entity.form;

import dev.sallyport.policy.entity.form.JsonValues.Expected;
import dev.sallyport.policy.json.JsonPath;
import dev.sallyport.policy.json.JsonShapeException;
import dev.sallyport.policy.syntax.ExtensionFunction;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.DecimalValue;
import dev.sallyport.policy.value.DurationValue;
import dev.sallyport.policy.value.Extensions;
import dev.sallyport.policy.value.IpValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.util.List;

/**
 * Values that JSON says by calls: {@code {"fn": "offset", "args": [from, by]}}. As in the
 * reference, any function of the language may be called.
 */
final class ExtensionCalls {
  private ExtensionCalls() {}

  /**
   * What is expected of an argument where the whole call is expected to be an extension value.
   *
   * @param index 0 for the receiver
   */
  static Expected argument(ExtensionFunction function, int index) {
    return switch (function) {
      case IP, DECIMAL, DATETIME, DURATION -> Expected.NOTHING;
      case IS_IPV4, IS_IPV6, IS_LOOPBACK, IS_MULTICAST, IS_IN_RANGE -> constructed("ip");
      case LESS_THAN, LESS_THAN_OR_EQUAL, GREATER_THAN, GREATER_THAN_OR_EQUAL ->
          constructed("decimal");
      case TO_DATE, TO_TIME -> constructed("datetime");
      // The reference reads the second of `durationSince` as a duration too, if it is a bare text.
      case OFFSET, DURATION_SINCE -> constructed(index == 0 ? "datetime" : "duration");
      case TO_MILLISECONDS, TO_SECONDS, TO_MINUTES, TO_HOURS, TO_DAYS -> constructed("duration");
    };
  }

  private static Expected constructed(String constructor) {
    return new Expected() {
      @Override
      public String constructor() {
        return constructor;
      }
    };
  }

  /** The result, of as many arguments as the function takes. */
  static Value call(ExtensionFunction function, List<Value> arguments, JsonPath path)
      throws JsonShapeException {
    Arguments given = new Arguments(arguments, path);
    try {
      return switch (function) {
        case IP, DECIMAL, DATETIME, DURATION -> given.constructed(function.text());
        case IS_IPV4 -> BooleanValue.of(given.ip(0).v4());
        case IS_IPV6 -> BooleanValue.of(!given.ip(0).v4());
        case IS_LOOPBACK -> BooleanValue.of(given.ip(0).isLoopback());
        case IS_MULTICAST -> BooleanValue.of(given.ip(0).isMulticast());
        case IS_IN_RANGE -> BooleanValue.of(given.ip(0).isInRange(given.ip(1)));
        case LESS_THAN -> BooleanValue.of(given.order() < 0);
        case LESS_THAN_OR_EQUAL -> BooleanValue.of(given.order() <= 0);
        case GREATER_THAN -> BooleanValue.of(given.order() > 0);
        case GREATER_THAN_OR_EQUAL -> BooleanValue.of(given.order() >= 0);
        case OFFSET -> given.datetime(0).offset(given.duration(1));
        case DURATION_SINCE -> given.datetime(0).durationSince(given.datetime(1));
        case TO_DATE -> given.datetime(0).toDate();
        case TO_TIME -> given.datetime(0).toTime();
        case TO_MILLISECONDS -> new LongValue(given.duration(0).millis());
        case TO_SECONDS -> new LongValue(given.duration(0).toSeconds());
        case TO_MINUTES -> new LongValue(given.duration(0).toMinutes());
        case TO_HOURS -> new LongValue(given.duration(0).toHours());
        case TO_DAYS -> new LongValue(given.duration(0).toDays());
      };
    } catch (ArithmeticException overflow) {
      throw new JsonShapeException(
          "the result of `" + function.text() + "` does not fit 64 bits", path);
    }
  }

  private record Arguments(List<Value> values, JsonPath path) {
    private <T extends Value> T as(Class<T> kind, int index, String expected)
        throws JsonShapeException {
      if (!kind.isInstance(values.get(index))) {
        throw new JsonShapeException("expected " + expected, path.element(index));
      }
      return kind.cast(values.get(index));
    }

    Value constructed(String constructor) throws JsonShapeException {
      String text = as(StringValue.class, 0, "a string").value();
      var value = Extensions.construct(constructor, text);
      if (value.isEmpty()) {
        throw new JsonShapeException("`" + text + "` is no " + constructor, path);
      }
      return value.get();
    }

    IpValue ip(int index) throws JsonShapeException {
      return as(IpValue.class, index, "an ip address");
    }

    int order() throws JsonShapeException {
      return as(DecimalValue.class, 0, "a decimal")
          .compareTo(as(DecimalValue.class, 1, "a decimal"));
    }

    DatetimeValue datetime(int index) throws JsonShapeException {
      return as(DatetimeValue.class, index, "a datetime");
    }

    DurationValue duration(int index) throws JsonShapeException {
      return as(DurationValue.class, index, "a duration");
    }
  }
}
