package dev.sallyport.oracle;

import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonReader;
import dev.sallyport.policy.json.JsonWriter;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The reference implementation, asked by lines of JSON (see {@code node/oracle.mjs}). */
final class Oracle implements AutoCloseable {
  private static final Path FOLDER = Path.of("node").toAbsolutePath();

  private final Process process;
  private final Writer questions;
  private final BufferedReader answers;

  Oracle() throws IOException, InterruptedException {
    install();
    process =
        new ProcessBuilder("node", "oracle.mjs")
            .directory(FOLDER.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    questions = process.outputWriter(StandardCharsets.UTF_8);
    answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /** Installs the locked package where it is missing or older than the lock. */
  private static void install() throws IOException, InterruptedException {
    Path lock = FOLDER.resolve("package-lock.json");
    Path installed = FOLDER.resolve("node_modules/.package-lock.json");
    if (Files.exists(installed)
        && Files.getLastModifiedTime(installed).compareTo(Files.getLastModifiedTime(lock)) >= 0) {
      return;
    }
    Path log = Files.createDirectories(Path.of("target")).resolve("npm.log");
    Process npm =
        new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund")
            .directory(FOLDER.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (npm.waitFor() != 0) {
      throw new IOException("`npm ci` failed, see " + log.toAbsolutePath());
    }
  }

  /** The answer to one question; its parameters are names and values in turn. */
  Answer ask(String op, Object... parameters) {
    Map<String, Json> question = new LinkedHashMap<>();
    question.put("op", new Json.Text(op));
    for (int i = 0; i < parameters.length; i += 2) {
      question.put((String) parameters[i], json(parameters[i + 1]));
    }
    String line = JsonWriter.write(new Json.Obj(question));
    try {
      questions.write(line);
      questions.write('\n');
      questions.flush();
      String answer = answers.readLine();
      if (answer == null) {
        throw new IllegalStateException("the oracle ended at " + line);
      }
      return new Answer(JsonReader.read(answer).orElseThrow());
    } catch (IOException broken) {
      throw new IllegalStateException("the oracle broke at " + line, broken);
    }
  }

  private static Json json(Object value) {
    return switch (value) {
      case Json json -> json;
      case String text -> new Json.Text(text);
      case Boolean flag -> new Json.Bool(flag);
      case Map<?, ?> members -> {
        Map<String, Json> object = new LinkedHashMap<>();
        members.forEach((name, member) -> object.put((String) name, json(member)));
        yield new Json.Obj(object);
      }
      case List<?> elements -> new Json.Array(elements.stream().map(Oracle::json).toList());
      default -> throw new IllegalArgumentException(value.toString());
    };
  }

  /** What the oracle said. */
  record Answer(Json json) {
    @Nullable Json get(String name) {
      return json instanceof Json.Obj(Map<String, Json> members) ? members.get(name) : null;
    }

    Answer part(String name) {
      Json part = get(name);
      return new Answer(part == null ? new Json.Null() : part);
    }

    @Nullable String text(String name) {
      return get(name) instanceof Json.Text(String text) ? text : null;
    }

    List<String> texts(String name) {
      return get(name) instanceof Json.Array(List<Json> elements)
          ? elements.stream().map(element -> ((Json.Text) element).value()).toList()
          : List.of();
    }

    /** Whether it accepted the input; a crash of the oracle counts as no answer. */
    boolean accepted() {
      return get("failure") == null && !crashed();
    }

    boolean crashed() {
      return get("thrown") != null;
    }

    @Override
    public String toString() {
      return JsonWriter.write(json);
    }
  }

  /** Ends it; it reads to the end of its input. */
  @Override
  public void close() throws IOException {
    questions.close();
    process.onExit().orTimeout(30, TimeUnit.SECONDS).join();
  }
}
