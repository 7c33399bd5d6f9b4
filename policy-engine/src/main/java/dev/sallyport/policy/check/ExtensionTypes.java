package dev.sallyport.policy.check;

import dev.sallyport.policy.schema.Type;
import dev.sallyport.policy.schema.Type.Primitive;
import dev.sallyport.policy.syntax.ExtensionFunction;
import java.util.List;

/** The signatures of extension functions. */
final class ExtensionTypes {
  private ExtensionTypes() {}

  static List<Type> parameters(ExtensionFunction function) {
    return switch (function) {
      case IP, DECIMAL, DATETIME, DURATION -> List.of(Primitive.STRING);
      case IS_IPV4, IS_IPV6, IS_LOOPBACK, IS_MULTICAST -> List.of(Primitive.IP);
      case IS_IN_RANGE -> List.of(Primitive.IP, Primitive.IP);
      case LESS_THAN, LESS_THAN_OR_EQUAL, GREATER_THAN, GREATER_THAN_OR_EQUAL ->
          List.of(Primitive.DECIMAL, Primitive.DECIMAL);
      case OFFSET -> List.of(Primitive.DATETIME, Primitive.DURATION);
      case DURATION_SINCE -> List.of(Primitive.DATETIME, Primitive.DATETIME);
      case TO_DATE, TO_TIME -> List.of(Primitive.DATETIME);
      case TO_MILLISECONDS, TO_SECONDS, TO_MINUTES, TO_HOURS, TO_DAYS ->
          List.of(Primitive.DURATION);
    };
  }

  static Type result(ExtensionFunction function) {
    return switch (function) {
      case IP -> Primitive.IP;
      case DECIMAL -> Primitive.DECIMAL;
      case DATETIME, OFFSET, TO_DATE -> Primitive.DATETIME;
      case DURATION, DURATION_SINCE, TO_TIME -> Primitive.DURATION;
      case IS_IPV4,
          IS_IPV6,
          IS_LOOPBACK,
          IS_MULTICAST,
          IS_IN_RANGE,
          LESS_THAN,
          LESS_THAN_OR_EQUAL,
          GREATER_THAN,
          GREATER_THAN_OR_EQUAL ->
          Type.Bool.ANY;
      case TO_MILLISECONDS, TO_SECONDS, TO_MINUTES, TO_HOURS, TO_DAYS -> Primitive.LONG;
    };
  }
}
