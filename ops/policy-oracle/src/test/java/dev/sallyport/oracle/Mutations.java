package dev.sallyport.oracle;

import dev.sallyport.policy.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Spoils texts and JSON a little, so that they are nearly right. */
final class Mutations {
  private static final Pattern PIECE =
      Pattern.compile(
          "\"(?:[^\"\\\\]|\\\\.)*\"|\\w+|\\s+|::|==|!=|<=|>=|&&|\\|\\||.", Pattern.DOTALL);

  private static final String[] PIECES = {
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ",",
    ";",
    ":",
    "::",
    ".",
    "==",
    "=",
    "!",
    "!=",
    "<",
    ">",
    "<=",
    "&&",
    "||",
    "+",
    "-",
    "*",
    "/",
    "%",
    "?",
    "@",
    "if",
    "then",
    "else",
    "in",
    "is",
    "has",
    "like",
    "true",
    "principal",
    "action",
    "resource",
    "context",
    "when",
    "unless",
    "permit",
    "entity",
    "type",
    "namespace",
    "appliesTo",
    "tags",
    "enum",
    "Set",
    "Long",
    "__cedar",
    "a",
    "\"a\"",
    "\"\\x41\"",
    "\"\\u{1F600}\"",
    "\"\\*\"",
    "0",
    "9223372036854775808",
    "?principal",
    "?resource",
    "?x",
    "//",
    "ip",
    "decimal",
    "contains",
    "isEmpty",
    "&",
    "|",
    "#",
    "'",
    "\u00a0",
    "\ufeff",
    "\\"
  };

  private static final Json[] VALUES = {
    new Json.Null(),
    new Json.Bool(true),
    new Json.Int(1),
    new Json.Text(""),
    new Json.Text("a"),
    new Json.Text("a b"),
    new Json.Text("Long"),
    new Json.Text("Action"),
    new Json.Text("all"),
    new Json.Text("__cedar::Long"),
    new Json.Array(List.of()),
    new Json.Obj(Map.of())
  };

  private static final String[] NAMES = {
    "type",
    "name",
    "id",
    "element",
    "attributes",
    "required",
    "annotations",
    "appliesTo",
    "memberOf",
    "context",
    "tags",
    "enum",
    "shape",
    "arg",
    "args",
    "fn",
    "left",
    "right",
    "attr",
    "in",
    "entity",
    "__entity",
    "__extn",
    "__expr",
    "op",
    "slot",
    "effect",
    "Value",
    "Var",
    "Slot",
    "x",
    "entity_type",
    "entities",
    "kind",
    "pattern",
    "!",
    "==",
    "ip",
    "decimal",
    "Record",
    "Set",
    "Unknown",
    "parents",
    "all"
  };

  private final Random random;

  Mutations(Random random) {
    this.random = random;
  }

  private int below(int bound) {
    return random.nextInt(bound);
  }

  String text(String text) {
    List<String> pieces = new ArrayList<>();
    Matcher matcher = PIECE.matcher(text);
    while (matcher.find()) {
      pieces.add(matcher.group());
    }
    int times = 1 + below(2);
    for (int i = 0; i < times && !pieces.isEmpty(); i++) {
      int place = below(pieces.size());
      switch (below(6)) {
        case 0 -> pieces.remove(place);
        case 1 -> pieces.add(place, pieces.get(below(pieces.size())));
        case 2 -> pieces.add(place, PIECES[below(PIECES.length)]);
        case 3 -> pieces.set(place, PIECES[below(PIECES.length)]);
        case 4 -> pieces.set(place, pieces.get(below(pieces.size())));
        default -> {
          String piece = pieces.get(place);
          int cut = below(piece.length() + 1);
          pieces.set(
              place, piece.substring(0, cut) + piece.substring(Math.min(cut + 1, piece.length())));
        }
      }
    }
    String spoiled = String.join("", pieces);
    // Half of a surrogate pair is no text, and cannot be sent.
    return spoiled.codePoints().anyMatch(c -> c >= 0xd800 && c <= 0xdfff) ? text : spoiled;
  }

  Json json(Json json) {
    int[] size = {0};
    count(json, size);
    return mutated(json, new int[] {below(size[0])});
  }

  private static void count(Json json, int[] size) {
    size[0]++;
    switch (json) {
      case Json.Array(List<Json> elements) -> elements.forEach(element -> count(element, size));
      case Json.Obj(Map<String, Json> members) ->
          members.values().forEach(member -> count(member, size));
      default -> {}
    }
  }

  private Json mutated(Json json, int[] until) {
    if (until[0]-- == 0) {
      return changed(json);
    }
    return switch (json) {
      case Json.Array(List<Json> elements) ->
          new Json.Array(elements.stream().map(element -> mutated(element, until)).toList());
      case Json.Obj(Map<String, Json> members) -> {
        Map<String, Json> copy = new LinkedHashMap<>();
        members.forEach((name, member) -> copy.put(name, mutated(member, until)));
        yield new Json.Obj(copy);
      }
      default -> json;
    };
  }

  private Json changed(Json json) {
    if (below(4) == 0) {
      return VALUES[below(VALUES.length)];
    }
    return switch (json) {
      case Json.Array(List<Json> elements) -> {
        List<Json> copy = new ArrayList<>(elements);
        if (!copy.isEmpty() && below(2) == 0) {
          copy.remove(below(copy.size()));
        } else {
          copy.add(
              copy.isEmpty() || below(2) == 0
                  ? VALUES[below(VALUES.length)]
                  : copy.get(below(copy.size())));
        }
        yield new Json.Array(copy);
      }
      case Json.Obj(Map<String, Json> members) -> {
        Map<String, Json> copy = new LinkedHashMap<>(members);
        List<String> names = List.copyOf(copy.keySet());
        switch (names.isEmpty() ? 2 : below(4)) {
          case 0 -> copy.remove(names.get(below(names.size())));
          case 1 -> {
            Json moved = copy.remove(names.get(below(names.size())));
            if (moved != null) {
              copy.put(NAMES[below(NAMES.length)], moved);
            }
          }
          case 2 -> copy.put(NAMES[below(NAMES.length)], VALUES[below(VALUES.length)]);
          default -> copy.put(names.get(below(names.size())), VALUES[below(VALUES.length)]);
        }
        yield new Json.Obj(copy);
      }
      case Json.Text(String text) ->
          new Json.Text(
              below(2) == 0 ? text + of("", "::a", " ", "x") : NAMES[below(NAMES.length)]);
      default -> VALUES[below(VALUES.length)];
    };
  }

  private String of(String... choices) {
    return choices[below(choices.length)];
  }
}
