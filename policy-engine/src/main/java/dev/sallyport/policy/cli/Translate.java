package dev.sallyport.policy.cli;

import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.Schema;
import dev.sallyport.policy.diagnostic.ParseResult;
import java.io.IOException;

/** {@code translate}: policies or a schema in the other of their two forms. */
final class Translate {
  private Translate() {}

  static int run(Command command, Options options, Console console)
      throws InputException, IOException {
    Inputs inputs = new Inputs(command, options, console);
    String text;
    if (options.has("schema")) {
      if (options.has("policies")) {
        throw Options.misuse(command, "one of `--policies` and `--schema`, not both");
      }
      Inputs.Text read = inputs.text(options.required(command, "schema"));
      text = inputs.value(read.name(), schema(read, options));
    } else {
      Inputs.Text read = inputs.text(options.value("policies").orElse("-"));
      boolean fromJson = read.isJson(options.value("policy-format"));
      PolicySet policies = inputs.policies(read);
      text = policies == null ? null : fromJson ? policies.toText() : policies.toJson() + "\n";
    }
    inputs.orThrow();
    console.print(text == null ? "" : text);
    return Main.OK;
  }

  private static ParseResult<String> schema(Inputs.Text read, Options options) {
    boolean fromJson = read.isJson(options.value("schema-format"));
    ParseResult<Schema> parsed =
        fromJson ? Schema.parseJson(read.text()) : Schema.parse(read.text());
    return switch (parsed) {
      case ParseResult.Parsed<Schema>(Schema schema) ->
          fromJson ? schema.toText() : new ParseResult.Parsed<>(schema.toJson() + "\n");
      case ParseResult.Rejected<Schema>(var problems) -> new ParseResult.Rejected<>(problems);
    };
  }
}
