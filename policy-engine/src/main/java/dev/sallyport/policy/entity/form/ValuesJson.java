package dev.sallyport.policy.entity.form;

import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonPath;
import dev.sallyport.policy.json.JsonShapeException;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.DecimalValue;
import dev.sallyport.policy.value.DurationValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.IpValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Values to JSON, with their escapes: what {@link JsonValues} reads without any expectation. */
final class ValuesJson {
  private static final Set<String> ESCAPES = Set.of("__entity", "__extn", "__expr");

  private ValuesJson() {}

  static Json value(Value value, JsonPath path) throws JsonShapeException {
    return switch (value) {
      case BooleanValue bool -> new Json.Bool(bool.value());
      case LongValue(long number) -> new Json.Int(number);
      case StringValue(String text) -> new Json.Text(text);
      case EntityUid uid -> one("__entity", uid(uid));
      case IpValue ip -> extension("ip", ip.text());
      case DecimalValue decimal -> extension("decimal", decimal.text());
      case DurationValue duration -> extension("duration", duration.text());
      case DatetimeValue datetime -> datetime(datetime);
      case SetValue set -> {
        List<Json> elements = new ArrayList<>(set.size());
        for (Value element : set) {
          elements.add(value(element, path.element(elements.size())));
        }
        yield new Json.Array(elements);
      }
      case RecordValue record -> {
        if (record.size() == 1 && ESCAPES.contains(record.names().getFirst())) {
          throw new JsonShapeException(
              "a record of nothing but `" + record.names().getFirst() + "` reads as an escape",
              path);
        }
        yield record(record, path);
      }
    };
  }

  static Json record(RecordValue record, JsonPath path) throws JsonShapeException {
    Map<String, Json> members = LinkedHashMap.newLinkedHashMap(record.size());
    for (String name : record.names()) {
      Value value = record.get(name);
      if (value != null) {
        members.put(name, value(value, path.member(name)));
      }
    }
    return new Json.Obj(members);
  }

  static Json uid(EntityUid uid) {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("type", new Json.Text(uid.type()));
    json.put("id", new Json.Text(uid.id()));
    return new Json.Obj(json);
  }

  private static Json datetime(DatetimeValue datetime) {
    String text = Instant.ofEpochMilli(datetime.epochMillis()).toString();
    if (text.length() <= 24 && Character.isDigit(text.charAt(0))) {
      return extension("datetime", text.length() == 20 ? text.substring(0, 19) + ".000Z" : text);
    }
    // Beyond the years that have a text: as a distance.
    Map<String, Json> call = new LinkedHashMap<>();
    call.put("fn", new Json.Text("offset"));
    call.put(
        "args",
        new Json.Array(
            List.of(
                extension("datetime", "1970-01-01"),
                extension("duration", datetime.epochMillis() + "ms"))));
    return one("__extn", new Json.Obj(call));
  }

  private static Json extension(String function, String argument) {
    Map<String, Json> call = new LinkedHashMap<>();
    call.put("fn", new Json.Text(function));
    call.put("arg", new Json.Text(argument));
    return one("__extn", new Json.Obj(call));
  }

  private static Json one(String name, Json body) {
    return new Json.Obj(Map.of(name, body));
  }
}
