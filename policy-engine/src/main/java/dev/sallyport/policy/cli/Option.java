package dev.sallyport.policy.cli;

import java.util.List;

/**
 * One option of a command.
 *
 * @param letter the short form, or 0 if there is none
 * @param value what its value is called in the help; empty for a switch
 * @param choices what the value may be; empty if anything
 */
record Option(String name, char letter, String value, List<String> choices, String help) {
  static Option of(String name, char letter, String value, String help) {
    return new Option(name, letter, value, List.of(), help);
  }

  static Option flag(String name, char letter, String help) {
    return new Option(name, letter, "", List.of(), help);
  }

  static Option choice(String name, List<String> choices, String help) {
    return new Option(name, (char) 0, String.join("|", choices), choices, help);
  }

  boolean takesValue() {
    return !value.isEmpty();
  }

  /** As the help shows it: {@code -p, --policies FILE}. */
  String written() {
    return (letter == 0 ? "    " : "-" + letter + ", ")
        + "--"
        + name
        + (takesValue() ? " " + value : "");
  }
}
