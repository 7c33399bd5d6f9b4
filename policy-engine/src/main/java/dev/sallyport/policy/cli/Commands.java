package dev.sallyport.policy.cli;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What the command line can do. */
final class Commands {
  private static final Option POLICIES =
      Option.of(
          "policies", 'p', "FILE", "policies and templates; standard input if left out, or `-`");
  private static final Option POLICY_FORMAT =
      Option.choice("policy-format", List.of("cedar", "json"), "told from the text if left out");
  private static final Option LINKS =
      Option.of(
          "template-linked",
          'k',
          "FILE",
          "links that fill templates: [{\"template_id\": \"t\", \"link_id\": \"l\",\n"
              + "\"args\": {\"?principal\": \"User::\\\"alice\\\"\"}}]");
  private static final Option SCHEMA =
      Option.of("schema", 's', "FILE", "the schema, in either syntax");
  private static final Option SCHEMA_FORMAT =
      Option.choice("schema-format", List.of("cedar", "json"), "told from the text if left out");
  private static final Option ENTITIES =
      Option.of("entities", (char) 0, "FILE", "entities as JSON; none if left out");
  private static final Option JSON =
      Option.flag("json", (char) 0, "the answer as JSON, on one line");
  private static final Option CEDAR_ERRORS =
      Option.flag(
          "cedar-errors", (char) 0, "pass over a forbid that fails, as Cedar does, not refuse");

  private static final List<Option> REQUEST =
      List.of(
          Option.of("principal", 'l', "ENTITY", "such as 'User::\"alice\"'"),
          Option.of("action", 'a', "ENTITY", "such as 'Action::\"read\"'"),
          Option.of("resource", 'r', "ENTITY", "such as 'Doc::\"d\"'"),
          Option.of("context", 'c', "FILE", "the context as a JSON object; {} if left out"),
          Option.of(
              "request-json",
              (char) 0,
              "FILE",
              "all of these in one object, instead of the options"),
          Option.choice(
              "request-validation",
              List.of("true", "false"),
              "whether to hold the request to the schema; true if left out"));

  private static final String DECIDED =
      """
      Exit status: 0 allowed, 2 denied, 1 something is wrong with what was given.
      Without --cedar-errors a forbid that fails denies, as the gateway decides.
      """;

  static final List<Command> ALL =
      List.of(
          new Command(
              "check",
              "",
              0,
              "Parses whatever is given, and validates policies against the schema.",
              List.of(
                  POLICIES,
                  POLICY_FORMAT,
                  LINKS,
                  SCHEMA,
                  SCHEMA_FORMAT,
                  ENTITIES,
                  Option.flag("deny-warnings", (char) 0, "warnings count as errors"),
                  JSON),
              """
              Exit status: 0 valid, 1 something does not parse, 3 policies do not validate.
              """,
              Check::run),
          new Command(
              "format",
              "[FILE…]",
              Integer.MAX_VALUE,
              "Prints policies in the one layout, comments kept.",
              List.of(
                  POLICIES,
                  Option.flag("write", 'w', "change the files instead"),
                  Option.flag("check", 'c', "only say which files would change")),
              """
              Exit status: 0 done, or all is as it should be; 1 something does not parse;
              3 with --check: a file would change.
              """,
              Format::run),
          new Command(
              "authorize", "", 0, "Decides a request.", question(), DECIDED, Authorize::decide),
          new Command(
              "explain",
              "",
              0,
              "Decides a request and says why: which policies apply, which nearly do, and what\n"
                  + "decided against them.",
              question(),
              DECIDED,
              Authorize::explain),
          new Command(
              "test",
              "",
              0,
              "Runs tests of policies, and says what no test reaches.",
              List.of(
                  POLICIES,
                  POLICY_FORMAT,
                  LINKS,
                  SCHEMA,
                  SCHEMA_FORMAT,
                  Option.of("tests", 't', "FILE", "the tests, see below"),
                  Option.of("entities", (char) 0, "FILE", "entities of tests that bring none"),
                  Option.flag("coverage", (char) 0, "list what no test reaches"),
                  Option.flag("full-coverage", (char) 0, "the same, and fail if there is any"),
                  CEDAR_ERRORS,
                  JSON),
              """
              Tests are a JSON array, in the form of the reference's `run-tests`:

                [{"name": "a member may read",
                  "request": {"principal": "User::\\"alice\\"", "action": "Action::\\"read\\"",
                              "resource": "Doc::\\"d\\"", "context": {}},
                  "entities": [],
                  "decision": "allow", "reason": ["members"], "num_errors": 0}]

              `entities` may name a file, beside the tests or in a folder below them. Each `reason`
              must be among the policies that decided; with "exact": true there must be no other.
              Only `request` and `decision` must be given.

              Exit status: 0 all pass; 1 something is wrong with what was given, or there is no test;
              3 a test fails (also if its own entities, context or request are refused), policies do
              not validate, or with --full-coverage something is not reached.
              """,
              Test::run),
          new Command(
              "translate",
              "",
              0,
              "Prints policies or a schema in the other form: Cedar's own syntax to JSON, or back.",
              List.of(POLICIES, POLICY_FORMAT, LINKS, SCHEMA, SCHEMA_FORMAT),
              """
              Comments are lost, and links become policies where they are printed as text.

              Exit status: 0 done, 1 something does not parse.
              """,
              Translate::run),
          new Command(
              "corpus",
              "FOLDER",
              1,
              "Runs the cases below a folder that are in the form of Cedar's integration tests.",
              List.of(),
              """
              A case is a JSON file that has `requests`; its paths are relative to FOLDER;
              `validateRequest` is true where it is not given; other JSON files are data. Prints the
              cases that differ, and last `N passed, N failed`. A file *.json that is no JSON fails as
              a case does, unless a case names it as its data.

              Exit status: 0 all pass, 1 the folder cannot be read or has no case, 3 a case fails.
              """,
              CorpusRun::run));

  private Commands() {}

  private static List<Option> question() {
    List<Option> all = new ArrayList<>(REQUEST);
    Collections.addAll(
        all, POLICIES, POLICY_FORMAT, LINKS, SCHEMA, SCHEMA_FORMAT, ENTITIES, CEDAR_ERRORS, JSON);
    return List.copyOf(all);
  }

  static String help() {
    StringBuilder out = new StringBuilder("Usage: " + Main.NAME + " COMMAND [OPTIONS]\n\n");
    for (Command command : ALL) {
      out.append("  ").append(command.name()).repeat(' ', 11 - command.name().length());
      out.append(command.summary().replace("\n", "\n             ")).append('\n');
    }
    return out.append(
            """

              --version  which release this is
              --help     this text; after a command, what that takes

            Files are Cedar's own: policies and schemas in Cedar's syntax or in JSON, entities,
            contexts and links in JSON. All are UTF-8, of at most 64 MiB.

            Exit status: 0 yes or done, 1 something is wrong with what was given, 2 denied,
            3 invalid policies, failing tests, or text not in the one layout.
            """)
        .toString();
  }
}
