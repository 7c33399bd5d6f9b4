package dev.sallyport.auth.password;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.Creation;
import dev.sallyport.auth.account.NewAccount;
import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.installation.SettingRefused;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.vault.PrivateFile;
import dev.sallyport.auth.vault.RandomIds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * Makes the accounts of a first start, before the server listens: {@code admin} with a one-time
 * password, and in the profile {@code demo} the demo people. A file is always complete before its
 * accounts are made from it, so a start that was killed is continued by the next. Where another
 * node, starting at the same moment, was first, its file is the true one, and ours is taken back.
 */
@Component
class FirstAccounts implements SmartInitializingSingleton {

  /** One demo person, as in {@code demo-accounts.json}. */
  record DemoPerson(String username, String password, String role) {}

  private static final Logger LOG = LoggerFactory.getLogger(FirstAccounts.class);
  private static final TypeReference<List<DemoPerson>> PEOPLE = new TypeReference<>() {};
  private static final int PASSWORD_BYTES = 12;

  /** Of a domain that nobody can have (RFC 2606): mail of the demo people stays in its folder. */
  private static final String DEMO_MAIL = "@sallyport.example";

  private static final String ADMIN_ROLE = "admin";
  private static final String USER_ROLE = "user";

  private static final Map<String, String> DEMO_NAMES =
      Map.of(
          "alice",
          "Alice Adler",
          "bob",
          "Bob Brandt",
          "dora",
          "Dora Demo",
          "emil",
          "Emil Demo",
          "demo-admin",
          "Demo Admin");

  private final Accounts accounts;
  private final Passwords passwords;
  private final AdminPasswordFile adminPasswordFile;
  private final Path demoFile;
  private final boolean demo;
  private final RandomIds ids;
  private final TransactionTemplate transaction;
  private final JsonMapper json = JsonMapper.builder().build();

  FirstAccounts(
      Accounts accounts,
      Passwords passwords,
      AdminPasswordFile adminPasswordFile,
      Installation installation,
      Environment environment,
      RandomIds ids,
      PlatformTransactionManager transactions) {
    this.accounts = accounts;
    this.passwords = passwords;
    this.adminPasswordFile = adminPasswordFile;
    this.demoFile = installation.data().resolve("demo-accounts.json");
    this.demo = environment.acceptsProfiles(Profiles.of("demo"));
    this.ids = ids;
    this.transaction = new TransactionTemplate(transactions);
  }

  @Override
  public void afterSingletonsInstantiated() {
    if (accounts.byUsername(AdminPasswordFile.USERNAME).isEmpty()) {
      String password = adminPasswordFile.password();
      make(
          NewAccount.named(AdminPasswordFile.USERNAME, "Administrator", Set.of(ADMIN_ROLE)),
          password,
          true);
      if (passwords.isOf(AdminPasswordFile.USERNAME, password)) {
        LOG.info(
            "made the account `admin`; its one-time password is in {}", adminPasswordFile.path());
      } else {
        adminPasswordFile.forget(AdminPasswordFile.USERNAME);
      }
    }
    if (demo) {
      makeDemoPeople();
    }
  }

  private void makeDemoPeople() {
    boolean first = !Files.exists(demoFile);
    List<DemoPerson> people = demoPeople();
    List<DemoPerson> ours = new ArrayList<>(people);
    for (DemoPerson person : people) {
      if (accounts.byUsername(person.username()).isEmpty()) {
        String name = DEMO_NAMES.getOrDefault(person.username(), person.username());
        make(
            new NewAccount(
                person.username(),
                name,
                person.username() + DEMO_MAIL,
                Set.of(person.role()),
                Set.of(),
                Map.of()),
            person.password(),
            false);
        if (!passwords.isOf(person.username(), person.password())) {
          ours.remove(person);
        }
      } else if (first) {
        // made by another node since we looked who is there: our file has a password of nobody
        ours.remove(person);
      }
    }
    if (ours.size() < people.size()) {
      rewrite(ours);
    }
  }

  private void make(NewAccount account, String password, boolean oneTime) {
    try {
      transaction.executeWithoutResult(
          _ -> {
            switch (accounts.create(account, Actor.system())) {
              case Creation.Created(var created) -> {
                passwords.give(created.id(), password, oneTime);
                String email = created.email();
                if (email != null) {
                  accounts.verified(created.id(), email, Actor.system());
                }
              }
              case Creation.UsernameTaken() -> {}
              case Creation.NotPermitted(String message) -> throw new SettingRefused(message);
            }
          });
    } catch (DataIntegrityViolationException e) {
      // another node, starting at the same moment, made it
      LOG.info("account `{}` was made by another node", account.username());
    }
  }

  private List<DemoPerson> demoPeople() {
    try {
      if (!Files.exists(demoFile)) {
        List<DemoPerson> people =
            Stream.of(
                    demoPerson("alice", USER_ROLE),
                    demoPerson("bob", USER_ROLE),
                    demoPerson("dora", USER_ROLE),
                    demoPerson("emil", USER_ROLE),
                    demoPerson("demo-admin", ADMIN_ROLE))
                .filter(person -> accounts.byUsername(person.username()).isEmpty())
                .toList();
        if (people.isEmpty()) {
          return people;
        }
        write(people);
      }
      return json.readValue(Files.readString(demoFile, UTF_8), PEOPLE);
    } catch (IOException e) {
      throw new SettingRefused("cannot write `" + demoFile + "`: " + e.getMessage(), e);
    }
  }

  private void rewrite(List<DemoPerson> people) {
    try {
      Files.deleteIfExists(demoFile);
      if (!people.isEmpty()) {
        write(people);
      }
    } catch (IOException e) {
      throw new SettingRefused("cannot write `" + demoFile + "`: " + e.getMessage(), e);
    }
  }

  private void write(List<DemoPerson> people) throws IOException {
    PrivateFile.write(
        demoFile, json.writerWithDefaultPrettyPrinter().writeValueAsString(people) + "\n");
  }

  private DemoPerson demoPerson(String username, String role) {
    return new DemoPerson(username, ids.base64url(PASSWORD_BYTES), role);
  }
}
