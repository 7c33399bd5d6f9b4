package dev.sallyport.policy.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.policy.json.JsonReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands, as somebody types them. */
class MainTest {
  private static final String ALICE = "User::\"alice\"";
  private static final String READ = "Action::\"read\"";
  private static final String DOC = "Doc::\"d\"";

  @TempDir Path folder = Path.of("");

  private String input = "";

  /** What a run said, and how it ended. */
  private record Answer(int status, String out, String err) {
    List<String> lines() {
      return out.lines().toList();
    }
  }

  @BeforeEach
  void files() throws IOException {
    write(
        "s.cedarschema",
        """
        entity User in [Group] = { age: Long };
        entity Group;
        entity Doc = { owner: User };
        action read appliesTo { principal: [User], resource: [Doc], context: { mfa: Bool } };
        """);
    write(
        "p.cedar",
        """
        @id("owner")
        permit (principal, action, resource)
        when { resource.owner == principal && context.mfa };

        @id("t")
        permit (principal in ?principal, action == Action::"read", resource == ?resource);
        """);
    write(
        "e.json",
        """
        [{"uid": {"type": "User", "id": "alice"}, "attrs": {"age": 30},
          "parents": [{"type": "Group", "id": "g"}]},
         {"uid": {"type": "Doc", "id": "d"},
          "attrs": {"owner": {"__entity": {"type": "User", "id": "bob"}}}, "parents": []}]
        """);
    write(
        "k.json",
        """
        [{"template_id": "t", "link_id": "l",
          "args": {"?principal": "Group::\\"g\\"", "?resource": "Doc::\\"d\\""}}]
        """);
    write(
        "r.json",
        """
        {"principal": "User::\\"alice\\"", "action": "Action::\\"read\\"",
         "resource": {"type": "Doc", "id": "d"}, "context": {"mfa": true}}
        """);
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  /** Runs it; a word that names a file of the folder stands for that file. */
  private Answer run(String... words) {
    List<String> arguments = new ArrayList<>();
    for (String word : words) {
      boolean named = word.matches("[a-z0-9]+\\.[a-z]+") || word.equals(".");
      arguments.add(named ? folder.resolve(word).normalize().toString() : word);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        new Main(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8))
            .run(arguments.toArray(String[]::new));
    String here = folder + "/";
    return new Answer(
        status,
        out.toString(StandardCharsets.UTF_8).replace(here, ""),
        err.toString(StandardCharsets.UTF_8).replace(here, ""));
  }

  @Test
  void main_nothing_saysWhatThereIs() {
    Answer answer = run();
    assertEquals(1, answer.status());
    assertTrue(answer.err().contains("authorize  Decides a request."), answer.err());
  }

  static List<String> commands() {
    return Commands.ALL.stream().map(Command::name).toList();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void help_ofACommand_tellsOptionsAndExitStatus(String command) {
    Answer answer = run(command, "--help");
    assertAll(
        () -> assertEquals(0, answer.status()),
        () -> assertTrue(answer.out().startsWith("Usage: policy " + command), answer.out()),
        () -> assertTrue(answer.out().contains("Exit status:"), answer.out()),
        () -> assertEquals(answer, run("help", command)),
        () -> assertTrue(run("--help").out().contains("\n  " + command + " ")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "frobnicate | there is no command `frobnicate`",
        "validate | there is no command `validate`; here it is `check`",
        "--policies p.cedar check | the command comes first, then its options; found `--policies`",
        "check --polices p.cedar | unknown option `--polices`",
        "check -p | option `-p` needs a value: FILE",
        "check -p p.cedar p.cedar | unexpected `p.cedar`",
        "check -p p.cedar --policies p.cedar | option `--policies` is given twice",
        "check --json=yes | option `--json` takes no value",
        "check --policy-format xml |"
            + " option `--policy-format` is one of cedar, json, not `xml`",
        "check -p - -s - | standard input can be read once: name a file for the other",
        "authorize -p p.cedar | option `--principal` is missing",
        "authorize -p p.cedar --request-json r.json -l x |"
            + " option `--principal` cannot be given beside `--request-json`",
        "test -p p.cedar | option `--tests` is missing",
        "format -w | standard input cannot be written to: name a file",
        "format -w -c p.cedar | options `--write` and `--check` exclude each other",
        "translate -p p.cedar -s s.cedarschema | one of `--policies` and `--schema`, not both",
        "corpus | a folder is missing",
      })
  void main_misuse_saysWhatAndWhereHelpIs(String row) {
    String[] cells = row.split(" \\| ?", 2);
    Answer answer = run(cells[0].split(" "));
    assertAll(
        () -> assertEquals(1, answer.status()),
        () -> assertEquals(cells[1], answer.err().lines().findFirst().orElse("")),
        () -> assertTrue(answer.err().contains("\nTry: policy "), answer.err()),
        () -> assertEquals("", answer.out()));
  }

  @Test
  void read_whatIsNoText_isSaidInOneLine() throws IOException {
    Files.write(folder.resolve("latin.cedar"), new byte[] {'/', '/', '\n', ' ', (byte) 0xe9});
    write("bom.cedar", "\ufeffpermit (principal, action, resource);");
    assertAll(
        () ->
            assertEquals(
                new Answer(1, "", "no.cedar: there is no such file\n"),
                run("check", "-p", "no.cedar")),
        () ->
            assertEquals(
                folder + ": is a folder; name a file in it\n", run("check", "-p", ".").err()),
        () ->
            assertEquals(
                "latin.cedar:2:2: byte e9 is no UTF-8; save the file as UTF-8\n",
                run("check", "-p", "latin.cedar").err()),
        () ->
            assertTrue(
                run("check", "-p", "bom.cedar").err().contains("unexpected character U+FEFF")));
  }

  @Test
  void read_manyWrongFiles_tellsOfAll() throws IOException {
    write("bad.cedar", "permit (principal, action);\nallow;");
    write("bad.cedarschema", "entity User in [Nobody];");
    write("bad.json", "[{]");
    Answer answer =
        run("check", "-p", "bad.cedar", "-s", "bad.cedarschema", "--entities", "bad.json");
    assertAll(
        () -> assertEquals(1, answer.status()),
        () -> assertEquals(4, answer.err().lines().count(), answer.err()),
        () -> assertTrue(answer.err().startsWith("bad.cedarschema:1:17: error: undeclared_type: ")),
        () -> assertTrue(answer.err().contains("\nbad.cedar:1:26: error: unexpected_token: ")),
        () -> assertTrue(answer.err().contains("\nbad.cedar:2:1: error: unexpected_token: ")),
        () -> assertTrue(answer.err().contains("\nbad.json:1:3: error: invalid_json: ")));
    Answer asJson =
        run(
            "check",
            "-p",
            "bad.cedar",
            "-s",
            "bad.cedarschema",
            "--entities",
            "bad.json",
            "--json");
    assertAll(
        () -> assertEquals(1, asJson.status()),
        () -> assertEquals("", asJson.err()),
        () -> assertTrue(JsonReader.read(asJson.out()).problems().isEmpty()),
        () ->
            assertTrue(
                asJson
                    .out()
                    .startsWith(
                        "{\"problems\":[{\"file\":\"bad.cedarschema\",\"code\":\"undeclared_type\","
                            + "\"severity\":\"error\",")));
  }

  @Test
  void read_textThatSteersTerminals_isShownNotObeyed() {
    input = "permit (principal, action, resource) when { \"\u001b[2J\" like 3 };";
    Answer answer = run("check", "--policies", "-");
    assertEquals(1, answer.status());
    assertTrue(answer.err().startsWith("<stdin>:1:"), answer.err());
    input = "permit (principal, action, resource) when { \u001b[2J };";
    assertTrue(run("check").err().indexOf('\u001b') < 0);
  }

  @Test
  void check_validity_isInTheExitStatus() throws IOException {
    write("wrong.cedar", "permit (principal, action, resource) when { principal.ages > 1 };");
    write("odd.cedar", "permit (principal, action, resource) when { false };");
    assertAll(
        () ->
            assertEquals(
                "1 policy, 1 template, not validated: no schema given\n",
                run("check", "-p", "p.cedar").out()),
        () ->
            assertEquals(
                new Answer(0, "2 policies, 1 template, 0 errors, 0 warnings\n", ""),
                run(
                    "check",
                    "-p",
                    "p.cedar",
                    "-k",
                    "k.json",
                    "--schema=" + folder.resolve("s.cedarschema"))),
        () ->
            assertEquals(
                List.of(
                    "wrong.cedar:1:45: error: unknown_attribute: `User` has no attribute `ages`"
                        + " (policy `policy0`); did you mean `age`? if not, declare it in the schema,"
                        + " or mend its name",
                    "1 policy, 1 error, 0 warnings"),
                run("check", "-p", "wrong.cedar", "-s", "s.cedarschema").lines()),
        () -> assertEquals(3, run("check", "-p", "wrong.cedar", "-s", "s.cedarschema").status()),
        () -> assertEquals(0, run("check", "-p", "odd.cedar", "-s", "s.cedarschema").status()),
        () ->
            assertEquals(
                3,
                run("check", "-p", "odd.cedar", "-s", "s.cedarschema", "--deny-warnings").status()),
        () ->
            assertEquals(
                "{\"valid\":true,\"validated\":true,\"policies\":1,\"templates\":1,"
                    + "\"problems\":[]}\n",
                run("check", "-p", "p.cedar", "-s", "s.cedarschema", "--json").out()),
        () ->
            assertEquals(
                "the schema is well formed, and the entities fit it\n",
                run("check", "-s", "s.cedarschema", "--entities", "e.json").out()));
  }

  @Test
  void authorize_decision_isInTheExitStatus() throws IOException {
    write("c.json", "{\"mfa\": true}");
    String[] asked = {
      "authorize",
      "-p",
      "p.cedar",
      "-s",
      "s.cedarschema",
      "--entities",
      "e.json",
      "-l",
      ALICE,
      "-a",
      READ,
      "-r",
      DOC,
      "-c",
      "c.json"
    };
    assertEquals(new Answer(2, "DENY\n  no policy permits it\n", ""), run(asked));
    assertEquals(
        new Answer(0, "ALLOW\n  by l\n", ""),
        run(
            "authorize",
            "-p",
            "p.cedar",
            "-s",
            "s.cedarschema",
            "--entities",
            "e.json",
            "-k",
            "k.json",
            "--request-json",
            "r.json"));
    assertEquals(
        new Answer(
            0,
            "{\"decision\":\"allow\",\"failedClosed\":false,\"determining\":[{\"policyId\":\"l\","
                + "\"effect\":\"permit\",\"annotations\":{\"id\":\"t\"}}],\"failures\":[]}\n",
            ""),
        run(
            "authorize",
            "-p",
            "p.cedar",
            "--entities",
            "e.json",
            "-k",
            "k.json",
            "--request-json",
            "r.json",
            "--json"));
  }

  @Test
  void authorize_failingForbid_refusesUnlessAskedToPassOver() throws IOException {
    write(
        "f.cedar",
        "permit (principal, action, resource);\n"
            + "forbid (principal, action, resource) when { principal.nothing };");
    String[] asked = {"authorize", "-p", "f.cedar", "--request-json", "r.json"};
    Answer closed = run(asked);
    assertEquals(2, closed.status());
    assertTrue(
        closed.out().startsWith("DENY\n  because forbid policy1 failed\n  failed: f.cedar:2:45: "),
        closed.out());
    List<String> more = new ArrayList<>(List.of(asked));
    more.add("--cedar-errors");
    assertEquals(0, run(more.toArray(String[]::new)).status());
  }

  @Test
  void authorize_requestAgainstTheSchema_isRefused() throws IOException {
    write("r2.json", "{\"principal\": \"User::alice\",\n \"action\": 3}");
    assertAll(
        () ->
            assertEquals(
                "context: error: invalid_request: context lacks `mfa`; mend the request, or"
                    + " `appliesTo` in the schema\n",
                run(
                        "authorize",
                        "-p",
                        "p.cedar",
                        "-s",
                        "s.cedarschema",
                        "-l",
                        ALICE,
                        "-a",
                        READ,
                        "-r",
                        DOC)
                    .err()),
        () ->
            assertEquals(
                2,
                run(
                        "authorize",
                        "-p",
                        "p.cedar",
                        "-s",
                        "s.cedarschema",
                        "-l",
                        ALICE,
                        "-a",
                        READ,
                        "-r",
                        DOC,
                        "--request-validation",
                        "false")
                    .status()),
        () ->
            assertTrue(
                run("authorize", "-p", "p.cedar", "--request-json", "r2.json")
                    .err()
                    .startsWith("r2.json:1:15: error: invalid_request: `principal` is no entity")),
        () ->
            assertTrue(
                run("authorize", "-p", "p.cedar", "-l", "User::alice", "-a", READ, "-r", DOC)
                    .err()
                    .startsWith(
                        "--principal: error: invalid_request: `User::alice` is no entity")));
  }

  @Test
  void explain_asTextAndAsData_saysTheSame() {
    String[] asked = {
      "explain",
      "-p",
      "p.cedar",
      "-s",
      "s.cedarschema",
      "--entities",
      "e.json",
      "--request-json",
      "r.json",
      "--json"
    };
    assertEquals(
        """
        refused: no policy permits it
        permit `owner` nearly applies, but 3:8: `resource.owner == principal` is false
            `resource.owner` is `User::"bob"`
            `principal` is `User::"alice"`
        """,
        run(List.of(asked).subList(0, asked.length - 1).toArray(String[]::new)).out());
    assertEquals(
        """
        {"decision":"deny","failedClosed":false,"determining":[],"failures":[],"findings":[\
        {"policyId":"owner","effect":"permit","outcome":"unsatisfied",\
        "expression":"resource.owner == principal","value":false,\
        "line":3,"column":8,"endLine":3,"endColumn":35,"values":[\
        {"expression":"resource.owner","value":"User::\\"bob\\""},\
        {"expression":"principal","value":"User::\\"alice\\""}]}],"unknown":[]}
        """,
        run(asked).out());
  }

  @Test
  void link_wrongFile_tellsEachPlace() throws IOException {
    write(
        "bad.json",
        """
        [{"template_id": "no", "link_id": "a", "args": {}},
         {"template_id": "t", "link_id": "b", "args": {"?principal": "Group::\\"g\\""}},
         {"template_id": "t", "link_id": "c", "args": {"?principal": "g", "?resource": "h"}},
         {"link_id": "d"}]
        """);
    write("none.json", "");
    Answer answer = run("check", "-p", "p.cedar", "-k", "bad.json");
    assertEquals(
        List.of(
            "bad.json:1:2: error: invalid_template_link",
            "bad.json:2:2: error: invalid_template_link",
            "bad.json:3:62: error: invalid_template_link",
            "bad.json:3:80: error: invalid_template_link",
            "bad.json:4:2: error: invalid_template_link"),
        answer.err().lines().map(line -> line.replaceFirst("(_link): .*", "$1")).toList());
    assertEquals(0, run("check", "-p", "p.cedar", "-k", "none.json").status());
  }

  @Test
  void test_reportsResultsAndGaps() throws IOException {
    write(
        "t.json",
        """
        [{"name": "by link", "entities": "e.json", "decision": "allow", "reason": ["l"],
          "num_errors": 0,
          "request": {"principal": "User::\\"alice\\"", "action": "Action::\\"read\\"",
                      "resource": "Doc::\\"d\\"", "context": {"mfa": true}}},
         {"name": "elsewhere", "entities": "../e.json", "decision": "allow",
          "request": {"principal": "User::\\"alice\\"", "action": "Action::\\"read\\"",
                      "resource": "Doc::\\"d\\"", "context": {"mfa": true}}}]
        """);
    String[] asked = {
      "test", "-p", "p.cedar", "-k", "k.json", "-s", "s.cedarschema", "-t", "t.json", "--coverage"
    };
    assertEquals(
        new Answer(
            3,
            """
            ok   by link
            FAIL t.json:5:2: elsewhere: entities: the file `../e.json` cannot be read: it must be in the folder of the tests, or below it
            gap  p.cedar:1:1: owner: no test satisfies this policy
            gap  p.cedar:3:8: owner: `resource.owner == principal` is never true
            gap  p.cedar:3:39: owner: `context.mfa` is never reached
            reached: 1 of 2 policies, 1 of 4 branches
            1 passed, 1 failed
            """,
            ""),
        run(asked));
  }

  @Test
  void test_fullCoverage_isDemandedOnlyIfAsked() throws IOException {
    write("one.cedar", "permit (principal, action, resource) when { context.mfa };");
    write(
        "t.json",
        """
        [{"decision": "allow", "request": {"principal": "User::\\"a\\"",
          "action": "Action::\\"read\\"", "resource": "Doc::\\"d\\"", "context": {"mfa": true}}}]
        """);
    assertAll(
        () -> assertEquals(0, run("test", "-p", "one.cedar", "-t", "t.json").status()),
        () ->
            assertEquals(
                3, run("test", "-p", "one.cedar", "-t", "t.json", "--full-coverage").status()),
        () ->
            assertEquals(
                "{\"passed\":1,\"failed\":0,\"results\":[{\"name\":\"test 1\",\"passed\":true}],"
                    + "\"coverage\":{\"policies\":1,\"policiesSatisfied\":1,\"branches\":2,"
                    + "\"branchesReached\":1,\"gaps\":[{\"policyId\":\"policy0\",\"what\":"
                    + "\"`context.mfa` is never false\",\"line\":1,\"column\":45,\"endLine\":1,"
                    + "\"endColumn\":56}]}}\n",
                run("test", "-p", "one.cedar", "-t", "t.json", "--json").out()),
        () ->
            assertEquals(
                List.of(
                    "FAIL t.json:1:2: test 1: expected allow, found deny: no policy permits it; failed: 3:8:"
                        + " entity_does_not_exist: entity `Doc::\"d\"` does not exist, so it has no"
                        + " `owner` (policy `owner`); provide the entity, or test it with `has` first",
                    "gap  p.cedar:5:1: t: no link fills this template, so no test can reach it"),
                run("test", "-p", "p.cedar", "-t", "t.json", "--coverage").lines().stream()
                    .filter(line -> line.startsWith("FAIL") || line.contains(": t: "))
                    .toList()));
  }

  @Test
  void test_wrongFile_tellsEachPlace() throws IOException {
    write(
        "t.json", "[{\"decision\": \"allow\"},\n {\"decision\": \"maybe\", \"request\": {}},\n 3]");
    assertEquals(
        List.of("t.json:1:2", "t.json:2:15", "t.json:3:2"),
        run("test", "-p", "p.cedar", "-t", "t.json")
            .err()
            .lines()
            .map(line -> line.replaceFirst(": error: unexpected_json: .*", ""))
            .toList());
  }

  @Test
  void test_policiesThatAreNotValid_areNotRun() throws IOException {
    write("wrong.cedar", "permit (principal, action, resource) when { principal.ages > 1 };");
    write(
        "t.json",
        "[{\"decision\": \"allow\", \"request\": "
            + Files.readString(folder.resolve("r.json"))
            + "}]");
    Answer answer = run("test", "-p", "wrong.cedar", "-s", "s.cedarschema", "-t", "t.json");
    assertEquals(3, answer.status());
    assertEquals("the policies are not valid: no test was run", answer.lines().getLast());
  }

  @Test
  void format_checksAndWrites() throws IOException {
    write("ugly.cedar", "permit(principal,action,resource) ; // as é is");
    assertAll(
        () -> assertEquals(0, run("format", "-c", "p.cedar").status()),
        () ->
            assertEquals(
                new Answer(3, "ugly.cedar: would change\n", ""),
                run("format", "--check", "p.cedar", "ugly.cedar")),
        () ->
            assertEquals(
                "permit (principal, action, resource); // as é is\n",
                run("format", "-p", "ugly.cedar").out()),
        () -> assertEquals("ugly.cedar: changed\n", run("format", "-w", "ugly.cedar").out()),
        () -> assertEquals(0, run("format", "-c", "ugly.cedar").status()));
  }

  @Test
  void translate_thereAndBack_saysTheSame() throws IOException {
    write("p.json", run("translate", "-p", "p.cedar", "-k", "k.json").out());
    write("s.json", run("translate", "-s", "s.cedarschema").out());
    assertAll(
        () ->
            assertEquals(
                0, run("check", "-p", "p.json", "-s", "s.json", "--entities", "e.json").status()),
        () ->
            assertEquals(
                Files.readString(folder.resolve("p.cedar"))
                    + "\n@id(\"l\")\n"
                    + "permit (principal in Group::\"g\", action == Action::\"read\","
                    + " resource == Doc::\"d\");\n",
                run("translate", "-p", "p.json").out()),
        () ->
            assertTrue(
                run("translate", "-s", "s.json").out().startsWith("entity User in [Group]")));
  }

  private static final String CASE =
      """
      {"policies": "a.cedar", "schema": "s.cedarschema", "entities": "e.json",
       "shouldValidate": true,
       "requests": [{"principal": {"type": "User", "id": "a"},
         "action": {"type": "Action", "id": "read"}, "resource": {"type": "Doc", "id": "d"},
         "context": {"mfa": true}, "decision": "allow", "reason": ["policy0"], "errors": []}]}
      """;

  private Answer corpus() {
    return run("corpus", folder.resolve("c").toString());
  }

  @Test
  void corpus_damagedCase_failsAndIsNamed() throws IOException {
    Files.createDirectory(folder.resolve("c"));
    write("c/a.cedar", "permit (principal, action, resource);");
    write("c/s.cedarschema", Files.readString(folder.resolve("s.cedarschema")));
    write("c/e.json", "[]");
    write("c/good.json", CASE);
    write("c/data.json", "[{");
    write("c/named.json", CASE.replace("e.json", "data.json"));
    assertEquals(
        new Answer(
            3,
            """
            c/named.json: entities: 1:3: invalid_json: this is no JSON: unexpected end-of-input: \
            expected close marker for Object; mend the JSON at this place; nothing else was looked at
            1 passed, 1 failed
            """,
            ""),
        corpus());
    Files.delete(folder.resolve("c/named.json"));
    Files.delete(folder.resolve("c/data.json"));
    write("c/damaged.json", CASE.substring(0, 200));
    write("c/gone.json", CASE.replace("a.cedar", "b.cedar"));
    write("c/invalid.json", CASE.replace("true,\n", "false,\n"));
    write("c/request.json", CASE.replace("[{\"principal", "[3, {\"principal"));
    write("c/undecided.json", CASE.replace("\"decision\"", "\"decison\""));
    Answer answer = corpus();
    assertEquals(
        List.of(
            "c/damaged.json: 4:: invalid_json: this is no JSON",
            "c/gone.json: c/b.cedar: there is no such file",
            "c/invalid.json: the policies should not validate, and do",
            "c/request.json: request 0: expected an object, found `3`",
            "c/undecided.json: request 0: `decision` is neither `allow` nor `deny`",
            "1 passed, 5 failed"),
        answer.lines().stream()
            .map(line -> line.replaceFirst("(4:)\\d+(: .* no JSON): .*", "$1$2"))
            .toList());
    assertEquals(3, answer.status());
  }

  @Test
  void corpus_noCase_saysSo() throws IOException {
    Files.createDirectory(folder.resolve("c"));
    write("c/e.json", "[]");
    assertEquals(
        new Answer(
            1,
            "c: no case below it; a case is a JSON file that has `requests`\n0 passed, 0 failed\n",
            ""),
        corpus());
  }

  @Test
  void test_none_saysSo() throws IOException {
    write("t.json", "[]");
    assertEquals(
        new Answer(1, "", "t.json: has no test\n"), run("test", "-p", "p.cedar", "-t", "t.json"));
  }

  @Test
  void main_answerThatCannotBeWritten_isAFailure() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int oneByte) throws IOException {
            throw new IOException("no space left");
          }
        };
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        new Main(
                InputStream.nullInputStream(),
                new PrintStream(full, false, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8))
            .run("format", folder.resolve("p.cedar").toString());
    assertEquals(1, status);
    assertEquals("policy: the answer could not be written\n", err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void format_write_keepsPermissionsLinksAndNothingElse() throws IOException {
    write("ugly.cedar", "permit(principal,action,resource) ;");
    Path file = folder.resolve("ugly.cedar");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    Files.createSymbolicLink(folder.resolve("link.cedar"), file);
    // Whoever has the file open goes on reading what it was: it is replaced, not overwritten.
    try (InputStream before = Files.newInputStream(file)) {
      assertEquals(0, run("format", "-w", "link.cedar").status());
      assertEquals(
          "permit(principal,action,resource) ;",
          new String(before.readAllBytes(), StandardCharsets.UTF_8));
    }
    assertEquals("permit (principal, action, resource);\n", Files.readString(file));
    assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertTrue(Files.isSymbolicLink(folder.resolve("link.cedar")));
    try (Stream<Path> files = Files.list(folder)) {
      assertTrue(files.noneMatch(other -> other.toString().endsWith(".tmp")));
    }
  }

  @Test
  void authorize_actionThatIsNot_isNotBlamedOnTheContext() throws IOException {
    write("c.json", "{\"mfa\": true}");
    assertEquals(
        "request: error: invalid_request: action `Action::\"raed\"` is not declared",
        run(
                "authorize",
                "-p",
                "p.cedar",
                "-s",
                "s.cedarschema",
                "-c",
                "c.json",
                "-l",
                ALICE,
                "-a",
                "Action::\"raed\"",
                "-r",
                DOC)
            .err()
            .replaceFirst(";[^;]*$", ""));
  }

  @Test
  void check_linkOfAWrongType_isToldAtTheLink() throws IOException {
    write(
        "bad.json",
        """
        [
         {"template_id": "t", "link_id": "l",
          "args": {"?principal": "Doc::\\"g\\"", "?resource": "Doc::\\"d\\""}}]
        """);
    Answer answer = run("check", "-p", "p.cedar", "-s", "s.cedarschema", "-k", "bad.json");
    assertTrue(answer.out().startsWith("bad.json:2:2: error: never_applies: "), answer.out());
    write(
        "set.json",
        run("translate", "-p", "p.cedar", "-k", "bad.json")
            .out()
            .replace("\"templateLinks\"", "\n\"templateLinks\""));
    answer = run("check", "-p", "set.json", "-s", "s.cedarschema");
    assertTrue(answer.out().startsWith("set.json:2:18: error: never_applies: "), answer.out());
  }

  @Test
  void check_schemaWithoutNamespaces_saysWhereTheyAre() throws IOException {
    write("s.json", "{\"entityTypes\": {\"User\": {}}, \"actions\": {}}");
    assertEquals(
        "s.json:1:17: error: unexpected_json: the top level is namespaces, and `entityTypes` belongs"
            + " in one at `entityTypes`; write `{\"\": {…}}` around what is in no namespace\n",
        run("check", "-s", "s.json").err());
    write("s.json", "{\"actions\": {\"entityTypes\": {}, \"actions\": {}}}");
    assertEquals(0, run("check", "-s", "s.json").status());
  }

  @Test
  void check_textReadAsJson_saysWhatItIsNot() throws IOException {
    write("u.cedar", "// before\npermit (principal, action, resource);");
    assertTrue(
        run("check", "-p", "u.cedar", "--policy-format", "json")
            .err()
            .startsWith(
                "u.cedar:1:1: error: invalid_json: this is no JSON: unexpected character `/`;"));
  }

  @Test
  void check_moreProblemsThanAreTold_saysSo() throws IOException {
    write("many.cedar", "permit;\n".repeat(120));
    List<String> told = run("check", "-p", "many.cedar").err().lines().toList();
    assertEquals(101, told.size());
    assertEquals(
        "many.cedar: there may be more: of one text no more than 100 problems are told",
        told.getLast());
  }
}
