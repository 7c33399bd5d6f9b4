package dev.sallyport.auth;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.time.Instant;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The walls between the packages, each with its reason. */
class BoundariesTest {

  private static final String AUTH = "dev.sallyport.auth.";

  private static JavaClasses classes;

  @BeforeAll
  static void read() {
    classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.sallyport.auth");
    assertThat(classes).hasSizeGreaterThan(50);
  }

  @Test
  void authServer_neverTouches_theGateway() {
    noClasses()
        .that()
        .resideInAPackage("dev.sallyport.auth..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.sallyport.gateway..", "sallyport.v1..")
        .because("the two meet only by the published formats, so that either can be replaced")
        .check(classes);
  }

  @Test
  void features_haveNoCycles() {
    SlicesRuleDefinition.slices()
        .matching("dev.sallyport.auth.(**)")
        .should()
        .beFreeOfCycles()
        // the token endpoint asks the policy engine, whose bundle the token package's keys sign:
        // each side sees only the other's door
        .ignoreDependency(
            JavaClass.Predicates.resideInAPackage("dev.sallyport.auth.token"),
            JavaClass.Predicates.resideInAPackage("dev.sallyport.auth.policy"))
        .because("a feature that needs the one that needs it cannot be read, or taken out, alone")
        .check(classes);
  }

  @Test
  void features_neverTouch_theWiring() {
    noClasses()
        .that()
        .resideInAPackage("dev.sallyport.auth.*..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.sallyport.auth")
        .because("wiring points inward")
        .check(classes);
  }

  @ParameterizedTest
  @CsvSource({
    "installation, ''",
    "limit,        ''",
    "detail,       ''",
    "fetch,        installation limit",
    "vault,        installation",
    "pace,         ''",
    "consent,      ''",
    "certificate,  installation pace",
    "client,       certificate fetch vault installation signal",
    "registration, client fetch limit token signal vault installation",
    "token,        client vault signal",
    "signal,       vault token installation session",
    "session,      vault signal",
    "account,      vault session signal installation",
    "person,       account signal installation",
    "password,     account vault signal installation limit",
    "totp,         account vault signal installation",
    "federation,   account fetch session token vault signal installation",
    "device,       token vault signal installation",
    "policy,       account vault signal token installation",
    "pairing,      detail client account session signal vault limit installation",
    "logout,       client token session signal fetch vault",
    "grant,        certificate consent federation detail pairing logout fetch client token device policy account person session signal vault installation limit",
    "admin,        client registration policy account person session device federation password totp passkey sentcode recovery signal token vault",
    "mail,         account vault signal installation",
    "recovery,     account password mail vault signal installation",
    "passkey,      account vault signal installation",
    "sentcode,     account mail fetch session vault signal installation",
    "signup,       account password recovery mail vault signal installation limit",
    "web,          certificate client consent registration account password totp passkey federation session device pairing detail recovery signup sentcode mail installation vault signal limit",
  })
  void feature_usesOnly_whatItsMapAllows(String feature, String allowed) {
    String[] own =
        Stream.concat(
                Stream.of(feature),
                Arrays.stream(allowed.split(" ", -1)).filter(name -> !name.isEmpty()))
            .map(name -> AUTH + name + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(AUTH + feature + "..")
        .should()
        .dependOnClassesThat(
            JavaClass.Predicates.resideInAPackage("dev.sallyport.auth..")
                .and(DescribedPredicate.not(JavaClass.Predicates.resideInAnyPackage(own))))
        .because("its package-info says so: whoever reads it must be able to believe it")
        .check(classes);
  }

  @Test
  void policyEngine_isAskedByThePolicyPackageAlone() {
    noClasses()
        .that()
        .resideOutsideOfPackage(AUTH + "policy..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.sallyport.policy..")
        .because("everyone else asks the `Authorizer`, which knows the active version")
        .check(classes);
  }

  @Test
  void everyFeature_hasARow() {
    Set<String> features =
        classes.stream()
            .map(JavaClass::getPackageName)
            .filter(name -> name.startsWith(AUTH))
            .map(name -> name.substring(AUTH.length()).split("\\.", -1)[0])
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(features).containsExactlyInAnyOrderElementsOf(rows());
  }

  private static Set<String> rows() {
    try {
      return Arrays.stream(
              BoundariesTest.class
                  .getDeclaredMethod(
                      "feature_usesOnly_whatItsMapAllows", String.class, String.class)
                  .getAnnotation(CsvSource.class)
                  .value())
          .map(row -> row.split(",", -1)[0])
          .collect(Collectors.toSet());
    } catch (NoSuchMethodException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void masterKey_staysInTheVault() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.sallyport.auth.vault..")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("javax.crypto.KDF")
        .because("whoever derives keys holds the master key")
        .check(classes);
  }

  @Test
  void totpLibrary_isBehindOneType() {
    noClasses()
        .that()
        .doNotHaveSimpleName("TimeStepCodes")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.eatthepath..")
        .because("it stands in for another library, and the exchange must stay one file")
        .check(classes);
  }

  @Test
  void time_comesFromOutside() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "dev.sallyport.auth.account..",
            "dev.sallyport.auth.certificate..",
            "dev.sallyport.auth.password..",
            "dev.sallyport.auth.totp..",
            "dev.sallyport.auth.federation..",
            "dev.sallyport.auth.session..",
            "dev.sallyport.auth.passkey..",
            "dev.sallyport.auth.mail..",
            "dev.sallyport.auth.recovery..",
            "dev.sallyport.auth.signup..",
            "dev.sallyport.auth.sentcode..",
            "dev.sallyport.auth.vault..",
            "dev.sallyport.auth.web..")
        .should()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .because("a test that cannot set the clock waits, or lies")
        .check(classes);
  }
}
