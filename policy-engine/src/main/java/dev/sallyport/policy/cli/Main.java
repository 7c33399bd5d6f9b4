package dev.sallyport.policy.cli;

import dev.sallyport.policy.cli.InputException.Located;
import dev.sallyport.policy.json.Json;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The command line of the policy engine. Start reading at {@link Commands}, which lists what there
 * is.
 */
public final class Main {
  /** What the program is called in its own texts: the script that starts it says. */
  static final String NAME = System.getProperty("policy.command", "policy");

  /** Yes, or done. */
  static final int OK = 0;

  /** Something is wrong with what was given; nothing was decided. */
  static final int FAILED = 1;

  static final int REFUSED = 2;

  /** Policies do not validate, tests fail, a text is not in the one layout. */
  static final int INVALID = 3;

  /** As many problems as the readers tell of one text. */
  private static final int PROBLEMS_MAX = 100;

  /** What the commands of the reference are called here. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "validate", "check",
          "check-parse", "check",
          "run-tests", "test",
          "translate-policy", "translate",
          "translate-schema", "translate",
          "link", "translate");

  private final Console console;

  Main(InputStream in, PrintStream out, PrintStream err) {
    this.console = new Console(in, out, err);
  }

  public static void main(String[] arguments) {
    // Policies are UTF-8 whatever the terminal is.
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    System.exit(new Main(new FileInputStream(FileDescriptor.in), out, err).run(arguments));
  }

  int run(String... arguments) {
    int status = answer(Arrays.asList(arguments));
    if (console.out().checkError()) {
      // A disk that is full must not look like an answer.
      console.warn(NAME + ": the answer could not be written");
      return FAILED;
    }
    return status;
  }

  private int answer(List<String> words) {
    try {
      if (words.isEmpty()) {
        console.warn("a command is missing\n");
        console.warn(Commands.help());
        return FAILED;
      }
      String first = words.getFirst();
      if (first.equals("--help") || first.equals("-h") || first.equals("help")) {
        console.print(words.size() > 1 ? command(words.get(1)).help() : Commands.help());
        return OK;
      }
      if (first.equals("--version") || first.equals("-V")) {
        String version = Main.class.getPackage().getImplementationVersion();
        console.say(NAME + " " + (version == null ? "unpackaged" : version) + ", Cedar 4");
        return OK;
      }
      return run(command(first), words.subList(1, words.size()));
    } catch (InputException misuse) {
      tell(misuse, false);
      return FAILED;
    }
  }

  private int run(Command command, List<String> arguments) throws InputException {
    Options options = Options.read(command, arguments);
    if (options.has("help")) {
      console.print(command.help());
      return OK;
    }
    try {
      return command.action().run(command, options, console);
    } catch (InputException failure) {
      tell(failure, options.has("json"));
    } catch (IOException failure) {
      console.warn(NAME + ": " + failure.getMessage());
    }
    return FAILED;
  }

  private void tell(InputException failure, boolean asJson) {
    String message = failure.getMessage();
    if (asJson) {
      Map<String, Json> members = new LinkedHashMap<>();
      if (message != null && !message.isEmpty()) {
        members.put("failure", new Json.Text(message));
      }
      members.put("problems", Console.json(failure.problems()));
      console.json(new Json.Obj(members));
      return;
    }
    failure.problems().forEach(problem -> console.warn(Console.text(problem)));
    failure.problems().stream()
        .collect(Collectors.groupingBy(Located::file, LinkedHashMap::new, Collectors.counting()))
        .forEach(
            (file, count) -> {
              if (count >= PROBLEMS_MAX) {
                console.warn(
                    file
                        + ": there may be more: of one text no more than "
                        + PROBLEMS_MAX
                        + " problems are told");
              }
            });
    if (message != null && !message.isEmpty()) {
      console.warn(message);
    }
  }

  private static Command command(String name) throws InputException {
    for (Command command : Commands.ALL) {
      if (command.name().equals(name)) {
        return command;
      }
    }
    @Nullable String here = ELSEWHERE.get(name);
    throw new InputException(
        name.startsWith("-")
            ? "the command comes first, then its options; found `"
                + name
                + "`\nTry: "
                + NAME
                + " --help"
            : "there is no command `"
                + name
                + "`"
                + (here == null ? "" : "; here it is `" + here + "`")
                + "\nTry: "
                + NAME
                + " --help");
  }
}
