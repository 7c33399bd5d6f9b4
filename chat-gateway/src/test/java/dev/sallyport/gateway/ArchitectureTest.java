package dev.sallyport.gateway;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The walls of the gateway, each with its reason. */
class ArchitectureTest {
  private static final String ROOT = "dev.sallyport.gateway";
  private static final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  @Test
  void nothing_dependsOnTheAuthServer() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.sallyport.auth..")
        .because("the two meet over published formats only")
        .check(classes);
  }

  @Test
  void socket_neverTouchesTheDatabase() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".socket..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.sql..",
            "javax.sql..",
            "org.springframework.jdbc..",
            "jakarta.persistence..",
            ROOT + ".log..")
        .because("everything there runs on event loops, which must not block")
        .check(classes);
  }

  @Test
  void doors_knowNothingOfRoomsAndSockets() {
    noClasses()
        .that()
        .resideInAnyPackage(
            ROOT + ".door..", ROOT + ".bundle..", ROOT + ".signal..", ROOT + ".issuer..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            ROOT + ".socket..",
            ROOT + ".room..",
            ROOT + ".log..",
            ROOT + ".mls..",
            ROOT + ".fanout..",
            ROOT + ".device..")
        .because("what decides must not depend on what is decided about")
        .check(classes);
  }

  @Test
  void features_dependOnEachOtherOneWay() {
    slices()
        .matching(ROOT + ".(*)..")
        .should()
        .beFreeOfCycles()
        .because("two packages that need each other are one, and cannot be read alone")
        .check(classes);
  }

  @Test
  void issuer_standsAtTheBottom() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".issuer..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(ROOT + ".door..", ROOT + ".bundle..", ROOT + ".signal..")
        .because("trust is built upwards: keys, then signals, then policy, then doors")
        .check(classes);
  }

  @Test
  void signal_knowsNoPolicy() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".signal..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(ROOT + ".door..", ROOT + ".bundle..")
        .because("listeners depend on the stream, never the stream on them")
        .check(classes);
  }
}
