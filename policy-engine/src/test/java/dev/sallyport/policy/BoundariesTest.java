package dev.sallyport.policy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The walls inside the engine, as the package maps draw them, each with its reason. */
class BoundariesTest {

  private static final String POLICY = "dev.sallyport.policy";

  private static JavaClasses classes;

  @BeforeAll
  static void read() {
    classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(POLICY);
    assertTrue(classes.size() > 50);
  }

  @Test
  void engine_usesTheJdkAndAJsonReader_andNothingElse() {
    noClasses()
        .should()
        .dependOnClassesThat(
            DescribedPredicate.not(
                JavaClass.Predicates.resideInAnyPackage(
                    "java..", POLICY + "..", "org.jspecify..", "tools.jackson..")))
        .because("hosts embed it: what it brings along, they must carry")
        .check(classes);
  }

  @Test
  void json_isTheOnlyOneThatKnowsItsLibrary() {
    noClasses()
        .that()
        .resideOutsideOfPackage(POLICY + ".json..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("tools.jackson..")
        .because("input is read once and bounded, in one place")
        .check(classes);
  }

  @Test
  void packages_haveNoCycles() {
    SlicesRuleDefinition.slices()
        .matching(POLICY + ".(*)..")
        .should()
        .beFreeOfCycles()
        .because("the way of a policy, text to decision, leads through them in one direction")
        .check(classes);
  }

  @ParameterizedTest
  @CsvSource({
    "value,      ''",
    "diagnostic, ''",
    "json,       diagnostic",
    "syntax,     value diagnostic json",
    "entity,     syntax value diagnostic json",
    "schema,     syntax value diagnostic json",
    "check,      schema syntax entity value diagnostic json",
    "plan,       syntax entity value diagnostic",
    "explain,    syntax entity value diagnostic",
  })
  void package_usesOnly_whatItsMapAllows(String name, String allowed) {
    String[] own =
        Stream.concat(
                Stream.of(name), Arrays.stream(allowed.split(" ")).filter(word -> !word.isEmpty()))
            .map(word -> POLICY + "." + word + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(POLICY + "." + name + "..")
        .should()
        .dependOnClassesThat(
            JavaClass.Predicates.resideInAPackage(POLICY + "..")
                .and(DescribedPredicate.not(JavaClass.Predicates.resideInAnyPackage(own))))
        .because("its package-info says so: whoever reads it must be able to believe it")
        .check(classes);
  }

  @Test
  void cli_isUsedByNobody_andAloneReadsFiles() {
    noClasses()
        .that()
        .resideOutsideOfPackage(POLICY + ".cli..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(POLICY + ".cli..", "java.nio.file..", "java.net.http..")
        .because("the engine does no I/O; its hosts do")
        .check(classes);
  }

  @Test
  void time_comesFromTheHost() {
    noClasses()
        .should()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(Clock.class)
        .because("one request, one decision, whenever it is asked")
        .check(classes);
  }

  /** What a host can see must be made of what it can see. */
  @Test
  void exported_namesNothingHidden() {
    Set<String> exported =
        Set.of(POLICY, POLICY + ".diagnostic", POLICY + ".entity", POLICY + ".value");
    List<String> leaks = new ArrayList<>();
    for (JavaClass type : classes) {
      if (!exported.contains(type.getPackageName()) || !isVisible(type)) {
        continue;
      }
      Stream<JavaClass> named =
          Stream.of(
                  type.getCodeUnits().stream()
                      .filter(unit -> unit.getModifiers().contains(JavaModifier.PUBLIC))
                      .flatMap(
                          unit ->
                              Stream.concat(
                                  unit.getRawParameterTypes().stream(),
                                  Stream.of(unit.getRawReturnType()))),
                  type.getRawInterfaces().stream(),
                  type.getRawSuperclass().stream())
              .flatMap(each -> each);
      named
          .filter(other -> other.getPackageName().startsWith(POLICY))
          .filter(other -> !exported.contains(other.getPackageName()))
          .forEach(other -> leaks.add(type.getName() + " names " + other.getName()));
    }
    assertEquals(List.of(), leaks);
  }

  private static boolean isVisible(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(BoundariesTest::isVisible).orElse(true);
  }
}
