package dev.sallyport.oracle;

import dev.sallyport.oracle.World.Attr;
import dev.sallyport.oracle.World.Ty;
import dev.sallyport.policy.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Entities and requests over a {@link World}, as JSON. Most of them conform to its schema. */
final class Facts {
  private final World world;
  private final int wildPerMille;

  Facts(World world, int wildPerMille) {
    this.world = world;
    this.wildPerMille = wildPerMille;
  }

  private boolean wild() {
    return world.below(1000) < wildPerMille;
  }

  Json entities() {
    List<Json> all = new ArrayList<>();
    for (World.EntityType type : world.entities) {
      for (int i = 0; i < 3; i++) {
        if (world.below(4) > 0) {
          List<String> ids = type.ids();
          String id = ids == null || wild() ? Expressions.IDS[i] : ids.get(i % ids.size());
          all.add(entity(type, id, i));
        }
      }
    }
    return new Json.Array(all);
  }

  private Json entity(World.EntityType type, String id, int place) {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("uid", uid(type.full(), id));
    json.put("attrs", record(type.attrs()));
    List<Json> parents = new ArrayList<>();
    for (String parent : type.parents()) {
      if (world.below(2) == 0) {
        // Mostly of later ones, so that there is seldom a cycle.
        World.EntityType parentType = world.entity(parent);
        List<String> ids = parentType == null ? null : parentType.ids();
        int later = wild() ? 0 : place + 1;
        String parentId =
            ids == null
                ? Expressions.IDS[later + world.below(Expressions.IDS.length - later)]
                : world.of(ids);
        parents.add(uid(parent, parentId));
      }
    }
    if (wild()) {
      parents.add(uid(world.of(world.entities).full(), "a"));
    }
    json.put("parents", new Json.Array(parents));
    Ty tags = type.tags();
    if ((tags != null && world.below(3) > 0) || wild()) {
      Map<String, Json> members = new LinkedHashMap<>();
      int count = world.below(3);
      for (int i = 0; i < count; i++) {
        members.put(world.of("a", "b", "é"), value(tags == null ? Ty.Prim.LONG : tags));
      }
      json.put("tags", new Json.Obj(members));
    }
    return new Json.Obj(json);
  }

  private Json uid(String type, String id) {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("type", new Json.Text(type));
    json.put("id", new Json.Text(id));
    Json bare = new Json.Obj(json);
    return world.below(4) == 0 ? new Json.Obj(Map.of("__entity", bare)) : bare;
  }

  /** An entity's name as a request has it. */
  Json name(String type) {
    World.EntityType entity = world.entity(type);
    List<String> ids = entity == null ? null : entity.ids();
    String id = ids == null || wild() ? world.of(Expressions.IDS) : world.of(ids);
    return plain(type, id);
  }

  static Json plain(String type, String id) {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("type", new Json.Text(type));
    json.put("id", new Json.Text(id));
    return new Json.Obj(json);
  }

  /** A request, as JSON has it. */
  record Asked(Json principal, Json action, Json resource, Json context) {}

  Asked request() {
    World.Action action = world.of(world.actions);
    return new Asked(
        name(type(action.principals())),
        plain(World.qualified(action.namespace(), "Action"), wild() ? "nothing" : action.id()),
        name(type(action.resources())),
        record(wild() ? new Ty.Rec(Map.of()) : action.context()));
  }

  private String type(List<String> allowed) {
    return allowed.isEmpty() || wild() ? world.of(world.entities).full() : world.of(allowed);
  }

  /** A whole context that is written like an entity or an extension value, or nearly. */
  Json escape(int kind) {
    Json text = new Json.Text("x");
    return switch (kind) {
      case 0 -> new Json.Obj(Map.of("__entity", plain("User", "a")));
      case 1 -> extension("ip", "10.0.0.1");
      case 2 -> new Json.Obj(Map.of("__expr", text));
      default -> new Json.Obj(Map.of("__entity", plain("User", "a"), "more", text));
    };
  }

  Json record(Ty.Rec record) {
    Map<String, Json> members = new LinkedHashMap<>();
    record
        .attrs()
        .forEach(
            (String name, Attr attr) -> {
              if (attr.required() ? !wild() : world.below(2) == 0) {
                members.put(name, value(attr.type()));
              }
            });
    if (wild()) {
      members.put("more", new Json.Int(1));
    }
    return new Json.Obj(members);
  }

  private Json value(Ty wanted) {
    Ty type = wild() ? world.of(Ty.Prim.values()) : wanted;
    if (type instanceof Ty.Prim prim && prim != Ty.Prim.STRING && world.below(12) == 0) {
      return called(prim);
    }
    return switch (type) {
      case Ty.Prim prim ->
          switch (prim) {
            case BOOL -> new Json.Bool(world.below(2) == 0);
            case LONG ->
                new Json.Int(
                    world.of(0L, 1L, -1L, 2L, 100L, 9007199254740991L, -9007199254740991L));
            case STRING -> new Json.Text(world.of(World.STRINGS));
            case DECIMAL -> extension("decimal", world.of(Expressions.DECIMALS));
            case IP -> extension("ip", world.of(Expressions.IPS));
            case DATETIME -> extension("datetime", world.of(Expressions.DATETIMES));
            case DURATION -> extension("duration", world.of(Expressions.DURATIONS));
          };
      case Ty.Ent(String name) -> {
        World.EntityType entity = world.entity(name);
        List<String> ids = entity == null ? null : entity.ids();
        yield uid(name, ids == null || wild() ? world.of(Expressions.IDS) : world.of(ids));
      }
      case Ty.SetOf(Ty element) -> {
        List<Json> elements = new ArrayList<>();
        int count = world.below(4);
        for (int i = 0; i < count; i++) {
          elements.add(value(element));
        }
        yield new Json.Array(elements);
      }
      case Ty.Rec record -> record(record);
    };
  }

  /** A value of that type as the result of a function. */
  private Json called(Ty.Prim type) {
    return switch (type) {
      case BOOL ->
          switch (world.below(3)) {
            case 0 -> call(world.of("isIpv4", "isLoopback", "isMulticast"), Ty.Prim.IP);
            case 1 -> call("isInRange", Ty.Prim.IP, Ty.Prim.IP);
            default ->
                call(world.of("lessThan", "greaterThanOrEqual"), Ty.Prim.DECIMAL, Ty.Prim.DECIMAL);
          };
      case LONG -> call(world.of("toMilliseconds", "toSeconds", "toDays"), Ty.Prim.DURATION);
      case DATETIME ->
          world.below(2) == 0
              ? call("offset", Ty.Prim.DATETIME, Ty.Prim.DURATION)
              : call("toDate", Ty.Prim.DATETIME);
      case DURATION ->
          world.below(2) == 0
              ? call("durationSince", Ty.Prim.DATETIME, Ty.Prim.DATETIME)
              : call("toTime", Ty.Prim.DATETIME);
      case STRING, DECIMAL -> extension("decimal", world.of(Expressions.DECIMALS));
      case IP -> extension("ip", world.of(Expressions.IPS));
    };
  }

  private Json call(String function, Ty... parameters) {
    List<Json> arguments = new ArrayList<>();
    for (Ty parameter : parameters) {
      arguments.add(value(parameter));
    }
    if (wild()) {
      arguments.add(new Json.Int(1));
    }
    Map<String, Json> call = new LinkedHashMap<>();
    call.put("fn", new Json.Text(function));
    if (arguments.size() == 1 && world.below(2) == 0) {
      call.put("arg", arguments.getFirst());
    } else {
      call.put("args", new Json.Array(arguments));
    }
    return world.below(3) == 0
        ? new Json.Obj(call)
        : new Json.Obj(Map.of("__extn", new Json.Obj(call)));
  }

  private Json extension(String function, String argument) {
    String text = wild() ? "x" : argument;
    Map<String, Json> call = new LinkedHashMap<>();
    call.put("fn", new Json.Text(wild() ? "ip" : function));
    call.put("arg", new Json.Text(text));
    return switch (world.below(3)) {
      case 0 -> new Json.Text(text);
      case 1 -> new Json.Obj(call);
      default -> new Json.Obj(Map.of("__extn", new Json.Obj(call)));
    };
  }
}
