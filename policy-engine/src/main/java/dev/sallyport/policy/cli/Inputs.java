package dev.sallyport.policy.cli;

import dev.sallyport.policy.PolicyIds;
import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.Request;
import dev.sallyport.policy.Schema;
import dev.sallyport.policy.cli.InputException.Located;
import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.diagnostic.Span;
import dev.sallyport.policy.entity.EntitiesJson;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonReader;
import dev.sallyport.policy.json.JsonText;
import dev.sallyport.policy.json.JsonWriter;
import dev.sallyport.policy.syntax.PolicyParser;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a command is given, from files or standard input ({@code -}). Goes on after a file
 * that is wrong, so that one run tells what is wrong with all of them; {@link #orThrow} ends it.
 */
final class Inputs {
  /** As long as the longest JSON text that is read. */
  private static final int BYTES_MAX = 64 * 1024 * 1024;

  private static final String STDIN = "-";

  private final Command command;
  private final Options options;
  private final Console console;
  private final List<Located> problems = new ArrayList<>();
  private final Map<String, LinkPlace> linkPlaces = new HashMap<>();
  private boolean stdinTaken;

  /** Where a link of a file stands. */
  private record LinkPlace(String file, @Nullable Span span) {}

  Inputs(Command command, Options options, Console console) {
    this.command = command;
    this.options = options;
    this.console = console;
  }

  /** A text, and what its file is called in messages. */
  record Text(String name, String text) {
    /**
     * Whether it is in a JSON form, if nobody says which: by its first character, which no text in
     * Cedar's own syntaxes begins with.
     */
    boolean isJson(Optional<String> format) {
      return format
          .map("json"::equals)
          .orElseGet(() -> name.endsWith(".json") || text.stripLeading().startsWith("{"));
    }
  }

  /** Ends the command if anything read so far was wrong. */
  void orThrow() throws InputException {
    if (!problems.isEmpty()) {
      throw new InputException(problems);
    }
  }

  /** The policies and their links; read from standard input where no file is named. */
  @Nullable PolicySet policies() throws InputException, IOException {
    return policies(text(options.value("policies").orElse(STDIN)));
  }

  /** The same, where the text has been read. */
  @Nullable PolicySet policies(Text text) throws InputException, IOException {
    PolicySet policies =
        value(
            text.name(),
            text.isJson(options.value("policy-format"))
                ? PolicySet.parseJson(text.text())
                : PolicySet.parse(text.text(), PolicyIds.FROM_ANNOTATION));
    String links = options.value("template-linked").orElse(null);
    return links == null ? policies : linked(policies, text(links));
  }

  /**
   * A problem of the policies: of a link it is told where the link is, not where its template is.
   */
  Located located(Problem problem) {
    String id = problem.policyId();
    LinkPlace link = id == null ? null : linkPlaces.get(id);
    return link == null
        ? new Located(policiesName(), problem)
        : new Located(link.file(), problem.withSpan(link.span()));
  }

  /** What policies are called in messages. */
  String policiesName() {
    return name(options.value("policies").orElse(STDIN));
  }

  private static String name(String file) {
    return file.equals(STDIN) ? "<stdin>" : file;
  }

  /** The schema; null if none was given, or if it is wrong. */
  @Nullable Schema schema() throws InputException, IOException {
    String file = options.value("schema").orElse(null);
    if (file == null) {
      return null;
    }
    Text text = text(file);
    return value(
        text.name(),
        text.isJson(options.value("schema-format"))
            ? Schema.parseJson(text.text())
            : Schema.parse(text.text()));
  }

  /** The entities; none at all if no file was given. */
  EntitySet entities(@Nullable Schema schema) throws InputException, IOException {
    String file = options.value("entities").orElse(null);
    EntitySet read = file == null ? null : entities(text(file), schema);
    return read == null ? EntitySet.of(List.of()).orElseThrow() : read;
  }

  private @Nullable EntitySet entities(Text text, @Nullable Schema schema) {
    return value(
        text.name(),
        schema == null ? EntitiesJson.parse(text.text()) : schema.parseEntities(text.text()));
  }

  /** The request, from the options or from a file; null if it is wrong. */
  @Nullable Request request(@Nullable Schema schema) throws InputException, IOException {
    String file = options.value("request-json").orElse(null);
    if (file == null) {
      EntityUid principal = uid("principal");
      EntityUid action = uid("action");
      EntityUid resource = uid("resource");
      String context = options.value("context").orElse(null);
      Text text = context == null ? new Text("context", "{}") : text(context);
      return request(principal, action, resource, text, schema, null, context == null);
    }
    for (String other : List.of("principal", "action", "resource", "context")) {
      if (options.has(other)) {
        throw Options.misuse(
            command, "option `--" + other + "` cannot be given beside `--request-json`");
      }
    }
    Text text = text(file);
    JsonText json = value(text.name(), JsonReader.readText(text.text()));
    if (json == null) {
      return null;
    }
    if (!(json.root() instanceof Json.Obj(Map<String, Json> members))) {
      refuse(text, json.span(json.root()), "a request is an object, found " + json.root().kind());
      return null;
    }
    Map<String, EntityUid> uids = new LinkedHashMap<>();
    for (String part : List.of("principal", "action", "resource")) {
      Json written = members.get(part);
      EntityUid uid = uid(written);
      if (uid == null) {
        Span span = json.span(written == null ? json.root() : written);
        refuse(
            text,
            span,
            written == null
                ? "the request has no `" + part + "`"
                : "`" + part + "` is no entity such as `User::\"alice\"`");
        return null;
      }
      uids.put(part, uid);
    }
    Json context = members.getOrDefault("context", new Json.Obj(Map.of()));
    return request(
        uids.get("principal"),
        uids.get("action"),
        uids.get("resource"),
        new Text(text.name(), JsonWriter.write(context)),
        schema,
        json.span(context),
        true);
  }

  private void refuse(Text text, @Nullable Span span, String message) {
    problems.add(new Located(text.name(), new Problem(ProblemCode.INVALID_REQUEST, message, span)));
  }

  private @Nullable Request request(
      @Nullable EntityUid principal,
      @Nullable EntityUid action,
      @Nullable EntityUid resource,
      Text context,
      @Nullable Schema schema,
      @Nullable Span span,
      boolean inline) {
    if (principal == null || action == null || resource == null) {
      return null;
    }
    boolean unchecked = options.value("request-validation").equals(Optional.of("false"));
    Schema checking = unchecked ? null : schema;
    if (checking != null) {
      List<Problem> wrong = checking.validate(principal, action, resource);
      if (!wrong.isEmpty()) {
        // What the context should be depends on these, so it is not looked at.
        String file = options.has("request-json") ? context.name() : "request";
        wrong.forEach(problem -> problems.add(new Located(file, problem)));
        return null;
      }
    }
    ParseResult<RecordValue> read =
        checking != null
            ? checking.parseContext(action, context.text())
            : schema != null
                ? schema.readContext(action, context.text())
                : EntitiesJson.parseRecord(context.text());
    if (!(read instanceof Parsed<RecordValue>(RecordValue record))) {
      for (Problem problem : read.problems()) {
        // Places in a context that stands in a request are those of the context alone.
        problems.add(new Located(context.name(), inline ? problem.withSpan(span) : problem));
      }
      return null;
    }
    return new Request(principal, action, resource, record);
  }

  private @Nullable EntityUid uid(String option) throws InputException {
    String text = options.required(command, option);
    EntityUid uid = PolicyParser.parseEntity(text).orElse(null);
    if (uid == null) {
      problems.add(
          new Located(
              "--" + option,
              new Problem(
                  ProblemCode.INVALID_REQUEST,
                  "`" + text + "` is no entity",
                  null,
                  null,
                  "write it as in a policy, quoted for the shell: 'User::\"alice\"'")));
    }
    return uid;
  }

  /** An entity as policies write it, or as an object. */
  private static @Nullable EntityUid uid(@Nullable Json json) {
    return switch (json) {
      case Json.Text(String text) -> PolicyParser.parseEntity(text).orElse(null);
      case Json.Obj(Map<String, Json> members)
          when members.get("type") instanceof Json.Text(String type)
              && members.get("id") instanceof Json.Text(String id) ->
          EntityUid.of(type, id);
      case null, default -> null;
    };
  }

  /**
   * The set with the links of a file, in the form of the reference's command line: {@code
   * [{"template_id", "link_id", "args": {"?principal": "User::\"a\""}}]}; an empty file has none.
   */
  private @Nullable PolicySet linked(@Nullable PolicySet policies, Text file) {
    if (file.text().isBlank()) {
      return policies;
    }
    JsonText json = value(file.name(), JsonReader.readText(file.text()));
    if (json == null) {
      return null;
    }
    if (!(json.root() instanceof Json.Array(List<Json> links))) {
      refuseLink(file, json, json.root(), "links are an array, found " + json.root().kind());
      return null;
    }
    PolicySet.Linking linking = policies == null ? null : policies.linking();
    for (Json link : links) {
      link(linking, link, json, file);
    }
    return linking == null ? null : linking.set();
  }

  /** Adds one link, if it is right and there is a set to add it to. */
  private void link(PolicySet.@Nullable Linking linking, Json link, JsonText json, Text file) {
    if (!(link instanceof Json.Obj(Map<String, Json> members)
        && members.get("template_id") instanceof Json.Text(String template)
        && members.get("link_id") instanceof Json.Text(String id)
        && members.get("args") instanceof Json.Obj(Map<String, Json> arguments))) {
      refuseLink(file, json, link, "a link has `template_id`, `link_id` and `args`");
      return;
    }
    Map<String, EntityUid> slots = new LinkedHashMap<>();
    for (var argument : arguments.entrySet()) {
      EntityUid uid = uid(argument.getValue());
      if (uid == null) {
        String message = "`" + argument.getKey() + "` is no entity such as `User::\"alice\"`";
        refuseLink(file, json, argument.getValue(), message);
      } else {
        slots.put(argument.getKey(), uid);
      }
    }
    if (linking == null || slots.size() < arguments.size()) {
      return;
    }
    for (Problem problem : linking.link(template, id, slots)) {
      problems.add(new Located(file.name(), problem.withSpan(json.span(link))));
    }
    linkPlaces.put(id, new LinkPlace(file.name(), json.span(link)));
  }

  private void refuseLink(Text file, JsonText json, Json at, String message) {
    problems.add(
        new Located(
            file.name(), new Problem(ProblemCode.INVALID_TEMPLATE_LINK, message, json.span(at))));
  }

  /** What was parsed, or null and its problems noted. */
  <T> @Nullable T value(String file, ParseResult<T> result) {
    return switch (result) {
      case Parsed<T>(T value) -> value;
      case Rejected<T>(List<Problem> rejected) -> {
        rejected.forEach(problem -> problems.add(new Located(file, problem)));
        yield null;
      }
    };
  }

  /** The text of a file, or of standard input. */
  Text text(String file) throws InputException, IOException {
    if (!file.equals(STDIN)) {
      return new Text(file, decoded(file, bytes(file)));
    }
    if (stdinTaken) {
      throw Options.misuse(command, "standard input can be read once: name a file for the other");
    }
    stdinTaken = true;
    byte[] bytes = console.in().readNBytes(BYTES_MAX + 1);
    return new Text(name(file), decoded(name(file), bytes));
  }

  private static byte[] bytes(String file) throws InputException, IOException {
    try {
      Path path = Path.of(file);
      if (Files.isDirectory(path)) {
        throw new InputException(file + ": is a folder; name a file in it");
      }
      try (InputStream in = Files.newInputStream(path)) {
        return in.readNBytes(BYTES_MAX + 1);
      }
    } catch (NoSuchFileException | InvalidPathException none) {
      throw new InputException(file + ": there is no such file");
    } catch (AccessDeniedException denied) {
      throw new InputException(file + ": may not be read");
    }
  }

  private static String decoded(String file, byte[] bytes) throws InputException {
    if (bytes.length > BYTES_MAX) {
      throw new InputException(
          file, List.of(new Problem(ProblemCode.TOO_LARGE, "longer than 64 MiB", null)));
    }
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult end = decoder.decode(in, out, true);
    out.flip();
    String text = out.toString();
    if (end.isError()) {
      Span at = Span.of(text, text.length(), text.length());
      throw new InputException(
          file
              + ":"
              + at
              + ": byte "
              + HexFormat.of().toHexDigits(in.get(in.position()))
              + " is no UTF-8; save the file as UTF-8");
    }
    return text;
  }
}
