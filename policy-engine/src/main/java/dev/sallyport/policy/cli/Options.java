package dev.sallyport.policy.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What was given to a command: {@code --name value}, {@code --name=value}, {@code -n value}. */
final class Options {
  private final Map<String, String> values = new HashMap<>();
  private final List<String> operands = new ArrayList<>();

  private Options() {}

  /** Reads arguments by what the command knows; nothing unknown, nothing twice. */
  static Options read(Command command, List<String> arguments) throws InputException {
    Options read = new Options();
    int at = 0;
    boolean operandsOnly = false;
    while (at < arguments.size()) {
      String argument = arguments.get(at++);
      if (operandsOnly || argument.equals("-") || !argument.startsWith("-")) {
        read.operands.add(argument);
      } else if (argument.equals("--")) {
        operandsOnly = true;
      } else {
        int equals = argument.startsWith("--") ? argument.indexOf('=') : -1;
        String given = equals < 0 ? argument : argument.substring(0, equals);
        Option option = command.option(given);
        if (option == null) {
          throw misuse(command, "unknown option `" + given + "`");
        }
        String value = "";
        if (equals >= 0) {
          value = argument.substring(equals + 1);
          if (!option.takesValue()) {
            throw misuse(command, "option `" + given + "` takes no value");
          }
        } else if (option.takesValue()) {
          if (at == arguments.size()) {
            throw misuse(command, "option `" + given + "` needs a value: " + option.value());
          }
          value = arguments.get(at++);
        }
        read.put(command, option, value);
      }
    }
    if (!read.has("help") && read.operands.size() > command.operandsMax()) {
      throw misuse(command, "unexpected `" + read.operands.get(command.operandsMax()) + "`");
    }
    return read;
  }

  private void put(Command command, Option option, String value) throws InputException {
    if (!option.choices().isEmpty() && !option.choices().contains(value)) {
      throw misuse(
          command,
          "option `--"
              + option.name()
              + "` is one of "
              + String.join(", ", option.choices())
              + ", not `"
              + value
              + "`");
    }
    if (values.putIfAbsent(option.name(), value) != null) {
      throw misuse(command, "option `--" + option.name() + "` is given twice");
    }
  }

  static InputException misuse(Command command, String message) {
    return new InputException(message + "\nTry: " + Main.NAME + " " + command.name() + " --help");
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  Optional<String> value(String name) {
    return Optional.ofNullable(values.get(name));
  }

  /** The value, for what cannot be left out. */
  String required(Command command, String name) throws InputException {
    @Nullable String value = values.get(name);
    if (value == null) {
      throw misuse(command, "option `--" + name + "` is missing");
    }
    return value;
  }

  List<String> operands() {
    return operands;
  }
}
