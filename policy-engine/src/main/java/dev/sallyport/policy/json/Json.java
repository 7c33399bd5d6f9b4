package dev.sallyport.policy.json;

import java.util.List;
import java.util.Map;

/** A JSON value. Numbers are integers of 64 bits, or kept as their text. */
public sealed interface Json {
  record Null() implements Json {}

  record Bool(boolean value) implements Json {}

  record Int(long value) implements Json {}

  /** A number that is no integer of 64 bits. */
  record OtherNumber(String text) implements Json {}

  record Text(String value) implements Json {}

  record Array(List<Json> elements) implements Json {}

  /** Members in order; no name twice. */
  record Obj(Map<String, Json> members) implements Json {}

  /** What it is, for messages. */
  default String kind() {
    return switch (this) {
      case Null() -> "null";
      case Bool(boolean value) -> "`" + value + "`";
      case Int(long value) -> "`" + value + "`";
      case OtherNumber(String text) ->
          "`" + (text.length() > 40 ? text.substring(0, 40) : text) + "`";
      case Text(_) -> "a string";
      case Array(_) -> "an array";
      case Obj(_) -> "an object";
    };
  }
}
