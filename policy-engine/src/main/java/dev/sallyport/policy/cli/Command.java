package dev.sallyport.policy.cli;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One command: what it takes, and what it does.
 *
 * @param operands as the usage shows them; empty if there are none
 * @param operandsMax how many there may be
 * @param summary one line
 * @param more the rest of its help, in whole lines
 */
record Command(
    String name,
    String operands,
    int operandsMax,
    String summary,
    List<Option> options,
    String more,
    Action action) {

  /** What a command does; returns the exit status. */
  interface Action {
    int run(Command command, Options options, Console console) throws InputException, IOException;
  }

  private static final Option HELP = Option.flag("help", 'h', "this text");

  /** The option as it was written: {@code --name} or {@code -n}; null if there is none. */
  @Nullable Option option(String written) {
    for (Option option : options) {
      if (matches(option, written)) {
        return option;
      }
    }
    return matches(HELP, written) ? HELP : null;
  }

  private static boolean matches(Option option, String written) {
    return written.equals("--" + option.name())
        || (option.letter() != 0 && written.equals("-" + option.letter()));
  }

  String help() {
    StringBuilder out = new StringBuilder();
    out.append("Usage: ").append(Main.NAME).append(' ').append(name);
    out.append(operands.isEmpty() ? "" : " " + operands).append(" [OPTIONS]\n\n");
    out.append(summary).append("\n\n");
    int width = HELP.written().length();
    for (Option option : options) {
      width = Math.max(width, option.written().length());
    }
    for (Option option : options) {
      line(out, option, width);
    }
    line(out, HELP, width);
    return out.append(more.isEmpty() ? "" : "\n" + more).toString();
  }

  private static void line(StringBuilder out, Option option, int width) {
    String written = option.written();
    out.append("  ").append(written).repeat(' ', width - written.length() + 2);
    out.append(option.help().replace("\n", "\n" + " ".repeat(width + 4))).append('\n');
  }
}
