package dev.sallyport.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.ClaimsChange;
import dev.sallyport.auth.account.Creation;
import dev.sallyport.auth.account.LockOut;
import dev.sallyport.auth.account.LockOut.Admission;
import dev.sallyport.auth.account.LockOut.Credential;
import dev.sallyport.auth.account.NewAccount;
import dev.sallyport.auth.federation.Federation;
import dev.sallyport.auth.federation.Linking;
import dev.sallyport.auth.federation.ProviderIdentity;
import dev.sallyport.auth.password.Attempt;
import dev.sallyport.auth.password.PasswordChange;
import dev.sallyport.auth.password.PasswordCheck;
import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.sentcode.Channel;
import dev.sallyport.auth.sentcode.Sending;
import dev.sallyport.auth.sentcode.SentCheck;
import dev.sallyport.auth.sentcode.SentCodes;
import dev.sallyport.auth.session.Initiator;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.session.SignInSession;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signup.Asked;
import dev.sallyport.auth.signup.Making;
import dev.sallyport.auth.signup.SignUp;
import dev.sallyport.auth.totp.CodeCheck;
import dev.sallyport.auth.totp.Enrolment;
import dev.sallyport.auth.totp.EnrolmentOffer;
import dev.sallyport.auth.totp.SecondFactor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What accounts, credentials and sessions promise, on whichever database. */
abstract class AccountsContract {

  private static final Attempt SOMEWHERE = Attempt.from("192.0.2.1");

  static final String[] SETTINGS = {
    "--sallyport.sign-up.email-domains=sign-up.example", "--sallyport.codes.email=true"
  };

  abstract RunningServer server();

  abstract Mailbox mails();

  private Account account() {
    String name = "u" + UUID.randomUUID().toString().substring(0, 18);
    Creation creation =
        server()
            .bean(Accounts.class)
            .create(NewAccount.named(name, "Someone", Set.of("user")), Actor.system());
    return ((Creation.Created) creation).account();
  }

  private int events(String type, String accountId) {
    Integer count =
        server()
            .jdbc()
            .queryForObject(
                "select count(*) from security_event where type = ? and subject = ?",
                Integer.class,
                type,
                accountId);
    return count == null ? 0 : count;
  }

  /** Lets them all go at the same moment. */
  private static <T> List<T> together(int count, Callable<T> work) throws Exception {
    CyclicBarrier barrier = new CyclicBarrier(count);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        futures.add(
            threads.submit(
                () -> {
                  barrier.await(30, TimeUnit.SECONDS);
                  return work.call();
                }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get(60, TimeUnit.SECONDS));
      }
      return results;
    }
  }

  @Test
  void create_usernameInOtherCase_isTaken() {
    Accounts accounts = server().bean(Accounts.class);
    Account first = account();
    Creation again =
        accounts.create(
            NewAccount.named(first.username().toUpperCase(Locale.ROOT), "Other", Set.of()),
            Actor.system());
    assertThat(again).isEqualTo(new Creation.UsernameTaken());
    assertThat(events("account-created", first.id())).isEqualTo(1);
  }

  @Test
  void changeClaims_attributesOfEveryKind_readBackEqual() {
    Accounts accounts = server().bean(Accounts.class);
    Account account = account();
    Map<String, Object> attributes =
        Map.of("department", "contractor", "level", 3L, "onCall", true, "sites", List.of("a", "b"));
    ClaimsChange change =
        accounts.changeClaims(account.id(), Set.of("admin"), Set.of("ops"), attributes, "admin-id");
    assertThat(change).isInstanceOf(ClaimsChange.Changed.class);
    Account read = accounts.byId(account.id()).orElseThrow();
    assertThat(read.attributes()).isEqualTo(attributes);
    assertThat(read.roles()).containsExactly("admin");
    assertThat(read.groups()).containsExactly("ops");
    assertThat(events("claims-changed", account.id())).isEqualTo(1);

    assertThat(
            accounts.changeClaims(
                account.id(), Set.of("admin"), Set.of("ops"), attributes, "admin-id"))
        .isInstanceOf(ClaimsChange.Unchanged.class);
    assertThat(events("claims-changed", account.id())).isEqualTo(1);
  }

  @Test
  void changeClaims_largerThanATokenCarries_isRefused() {
    Map<String, Object> large = new HashMap<>();
    for (int i = 0; i < 32; i++) {
      large.put("a" + i, Collections.nCopies(4, "x".repeat(250)));
    }
    Account account = account();
    assertThat(
            server()
                .bean(Accounts.class)
                .changeClaims(account.id(), Set.of(), Set.of(), large, "admin-id"))
        .isInstanceOf(ClaimsChange.NotPermitted.class);
  }

  @Test
  void reset_endsEverySessionAndWhoeverIsReplacingThePassword() {
    Account account = account();
    Passwords passwords = server().bean(Passwords.class);
    Sessions sessions = server().bean(Sessions.class);
    String before = passwords.giveOneTime(account.id());
    String sid = sessions.begin(account.id(), List.of("pwd"), "Browser", "127.0.0.1").sid();
    String oneTime = passwords.reset(account.id(), Actor.admin("admin-id"));
    assertThat(sessions.live(sid)).isEmpty();
    assertThat(events("password-reset", account.id())).isEqualTo(1);
    assertThat(events("session-revoked", account.id())).isEqualTo(1);
    assertThat(passwords.replace(account, 1, "correct horse battery staple"))
        .isEqualTo(new PasswordChange.Superseded());
    assertThat(passwords.check(account.username(), before, SOMEWHERE))
        .isEqualTo(new PasswordCheck.Wrong());
    assertThat(passwords.check(account.username(), oneTime, SOMEWHERE))
        .isEqualTo(new PasswordCheck.Right(account.id(), true, 2));
    assertThat(events("password-changed", account.id())).isZero();
  }

  @Test
  void suspend_signedInSomewhere_endsEverySession() {
    Account account = account();
    Sessions sessions = server().bean(Sessions.class);
    SignInSession session = sessions.begin(account.id(), List.of("pwd"), "Browser", "127.0.0.1");
    server().bean(Accounts.class).suspend(account.id(), "admin-id");
    assertThat(sessions.live(session.sid())).isEmpty();
    assertThat(events("session-revoked", account.id())).isEqualTo(1);
  }

  @Test
  void revoke_byTwoAtOnce_oneEndsItAndOneEventIsRecorded() throws Exception {
    Account account = account();
    Sessions sessions = server().bean(Sessions.class);
    String sid = sessions.begin(account.id(), List.of("pwd"), "Browser", "127.0.0.1").sid();
    List<Boolean> ended = together(6, () -> sessions.revoke(sid, Initiator.USER));
    assertThat(ended.stream().filter(won -> won)).hasSize(1);
    assertThat(events("session-revoked", account.id())).isEqualTo(1);
  }

  @Test
  void live_afterItsLifetime_isEmpty() {
    Account account = account();
    Sessions sessions = server().bean(Sessions.class);
    String sid = sessions.begin(account.id(), List.of("pwd", "otp", "mfa"), "", "::1").sid();
    assertThat(sessions.live(sid).orElseThrow().acr()).isEqualTo("urn:sallyport:acr:2fa");
    server().clock().pass(Duration.ofDays(31));
    assertThat(sessions.live(sid)).isEmpty();
  }

  @Test
  void admit_sixthAttempt_isRefusedUntilTheTimeIsOver() {
    LockOut lockOut = server().bean(LockOut.class);
    String key = UUID.randomUUID().toString();
    for (int i = 0; i < 5; i++) {
      assertThat(lockOut.admit(Credential.PASSWORD, key)).isEqualTo(new Admission.Admitted());
    }
    assertThat(lockOut.admit(Credential.PASSWORD, key))
        .isEqualTo(new Admission.LockedOut(Duration.ofMinutes(15)));
    assertThat(lockOut.admit(Credential.SECOND_FACTOR, key)).isEqualTo(new Admission.Admitted());
    server().clock().pass(Duration.ofMinutes(15));
    assertThat(lockOut.admit(Credential.PASSWORD, key)).isEqualTo(new Admission.Admitted());
  }

  @Test
  void admit_manyAtOnce_noMoreThanFiveAreLookedAt() throws Exception {
    LockOut lockOut = server().bean(LockOut.class);
    String key = UUID.randomUUID().toString();
    List<Admission> admissions = together(12, () -> lockOut.admit(Credential.PASSWORD, key));
    assertThat(admissions.stream().filter(Admission.Admitted.class::isInstance)).hasSize(5);
  }

  @Test
  void check_rightPasswordAfterFiveWrong_isLockedOut() {
    Account account = account();
    Passwords passwords = server().bean(Passwords.class);
    String right = passwords.giveOneTime(account.id());
    assertThat(passwords.check(account.username(), right, SOMEWHERE))
        .isEqualTo(new PasswordCheck.Right(account.id(), true, 1));
    for (int i = 0; i < 5; i++) {
      assertThat(passwords.check(account.username(), "wrong" + i, SOMEWHERE))
          .isEqualTo(new PasswordCheck.Wrong());
    }
    assertThat(passwords.check(account.username(), right, SOMEWHERE))
        .isInstanceOf(PasswordCheck.LockedOut.class);
    server().clock().pass(Duration.ofMinutes(15));
    assertThat(passwords.check(account.username(), right, SOMEWHERE))
        .isEqualTo(new PasswordCheck.Right(account.id(), true, 1));
    assertThat(events("sign-in-failed", account.id())).isEqualTo(6);
  }

  @Test
  void check_afterAStrangersFiveWrong_theOwnerGetsInFromElsewhere() {
    Account account = account();
    Passwords passwords = server().bean(Passwords.class);
    String right = passwords.giveOneTime(account.id());
    Attempt stranger = Attempt.from("2001:db8:1:2::1");
    for (int i = 0; i < 5; i++) {
      passwords.check(account.username(), "wrong" + i, stranger);
    }
    assertThat(passwords.check(account.username(), right, stranger))
        .isInstanceOf(PasswordCheck.LockedOut.class);
    assertThat(passwords.check(account.username(), right, Attempt.from("2001:db8:1:2:ffff::9")))
        .as("the same network")
        .isInstanceOf(PasswordCheck.LockedOut.class);
    assertThat(passwords.check(account.username(), right, Attempt.from("2001:db8:1:3::1")))
        .isEqualTo(new PasswordCheck.Right(account.id(), true, 1));
    assertThat(passwords.check(account.username(), right, stranger))
        .as("the owner's success is none of the stranger's")
        .isInstanceOf(PasswordCheck.LockedOut.class);
  }

  @Test
  void check_wrongFromManyNetworks_endsForAllButTheOwnersBrowser() {
    Account account = account();
    Account other = account();
    Passwords passwords = server().bean(Passwords.class);
    String right = passwords.giveOneTime(account.id());
    for (int i = 0; i < 20; i++) {
      assertThat(passwords.check(account.username(), "wrong", Attempt.from("198.51.100." + i)))
          .isEqualTo(new PasswordCheck.Wrong());
    }
    assertThat(passwords.check(account.username(), right, Attempt.from("203.0.113.1")))
        .isInstanceOf(PasswordCheck.LockedOut.class);
    assertThat(
            passwords.check(
                account.username(),
                right,
                Attempt.from("203.0.113.1", "another's", Set.of(other.id()))))
        .isInstanceOf(PasswordCheck.LockedOut.class);
    Attempt own = Attempt.from("203.0.113.1", "browser-" + account.id(), Set.of(account.id()));
    assertThat(passwords.check(account.username(), right, own))
        .isEqualTo(new PasswordCheck.Right(account.id(), true, 1));
    for (int i = 0; i < 5; i++) {
      assertThat(passwords.check(account.username(), "wrong", own))
          .isEqualTo(new PasswordCheck.Wrong());
    }
    assertThat(passwords.check(account.username(), right, own))
        .isInstanceOf(PasswordCheck.LockedOut.class);
  }

  @Test
  void check_usernameThatNobodyHas_answersAndLocksOutAlike() {
    Passwords passwords = server().bean(Passwords.class);
    String nobody = "n" + UUID.randomUUID().toString().substring(0, 12);
    for (int i = 0; i < 5; i++) {
      assertThat(passwords.check(nobody, "wrong" + i, SOMEWHERE))
          .isEqualTo(new PasswordCheck.Wrong());
    }
    assertThat(passwords.check(nobody, "wrong", SOMEWHERE))
        .isInstanceOf(PasswordCheck.LockedOut.class);
  }

  @Test
  void check_suspendedAccount_isToldOnlyWithTheRightPassword() {
    Account account = account();
    Passwords passwords = server().bean(Passwords.class);
    String right = passwords.giveOneTime(account.id());
    server().bean(Accounts.class).suspend(account.id(), "admin-id");
    assertThat(passwords.check(account.username(), "wrong", SOMEWHERE))
        .isEqualTo(new PasswordCheck.Wrong());
    assertThat(passwords.check(account.username(), right, SOMEWHERE))
        .isEqualTo(new PasswordCheck.Suspended(account.id()));
  }

  @Test
  void replace_weakOrOldPassword_isRefused() {
    Account account = account();
    Passwords passwords = server().bean(Passwords.class);
    String before = passwords.giveOneTime(account.id());
    assertThat(passwords.replace(account, 1, "short")).isEqualTo(new PasswordChange.TooShort(12));
    assertThat(passwords.replace(account, 1, "x".repeat(1025)))
        .isEqualTo(new PasswordChange.TooLong(1024));
    assertThat(passwords.replace(account, 1, before)).isEqualTo(new PasswordChange.SameAsBefore());
    assertThat(passwords.replace(account, 1, account.username() + "1"))
        .isEqualTo(new PasswordChange.LikeUsername());
    assertThat(passwords.replace(account, 1, "correct horse battery staple"))
        .isEqualTo(new PasswordChange.Changed(2));
    assertThat(passwords.check(account.username(), "correct horse battery staple", SOMEWHERE))
        .isEqualTo(new PasswordCheck.Right(account.id(), false, 2));
  }

  private record Enrolled(Account account, Authenticator app, List<String> recoveryCodes) {}

  private Enrolled enrolled() {
    Account account = account();
    SecondFactor factor = server().bean(SecondFactor.class);
    EnrolmentOffer offer = factor.offer(account);
    Authenticator app = new Authenticator(factor.secretText(account, offer));
    Enrolment enrolment = factor.confirm(account, offer, app.code(server().clock().instant()));
    return new Enrolled(account, app, ((Enrolment.Enrolled) enrolment).recoveryCodes());
  }

  @Test
  void confirm_thenSameCode_isUsedBefore() {
    Enrolled enrolled = enrolled();
    SecondFactor factor = server().bean(SecondFactor.class);
    String id = enrolled.account().id();
    String code = enrolled.app().code(server().clock().instant());
    assertThat(factor.check(id, code)).isEqualTo(new CodeCheck.UsedBefore());
    server().clock().pass(Duration.ofSeconds(30));
    String next = enrolled.app().code(server().clock().instant());
    assertThat(factor.check(id, next)).isEqualTo(new CodeCheck.Right());
    assertThat(factor.check(id, next)).isEqualTo(new CodeCheck.UsedBefore());
    assertThat(factor.check(id, code)).isEqualTo(new CodeCheck.UsedBefore());
  }

  @Test
  void confirm_secondEnrolment_isRefused() {
    Enrolled enrolled = enrolled();
    SecondFactor factor = server().bean(SecondFactor.class);
    EnrolmentOffer offer = factor.offer(enrolled.account());
    Authenticator other = new Authenticator(factor.secretText(enrolled.account(), offer));
    assertThat(factor.confirm(enrolled.account(), offer, other.code(server().clock().instant())))
        .isEqualTo(new Enrolment.AlreadyEnrolled());
  }

  @Test
  void check_codesAroundNow_oneStepEitherSideIsAccepted() {
    Enrolled enrolled = enrolled();
    SecondFactor factor = server().bean(SecondFactor.class);
    String id = enrolled.account().id();
    server().clock().pass(Duration.ofMinutes(5));
    var now = server().clock().instant();
    assertThat(factor.check(id, enrolled.app().code(now.minusSeconds(60))))
        .isEqualTo(new CodeCheck.Wrong());
    assertThat(factor.check(id, enrolled.app().code(now.plusSeconds(60))))
        .isEqualTo(new CodeCheck.Wrong());
    assertThat(factor.check(id, enrolled.app().code(now.minusSeconds(30))))
        .isEqualTo(new CodeCheck.Right());
    assertThat(factor.check(id, enrolled.app().code(now.plusSeconds(30))))
        .isEqualTo(new CodeCheck.Right());
  }

  @Test
  void check_oneCodeShownByManyAtOnce_isAcceptedOnce() throws Exception {
    Enrolled enrolled = enrolled();
    SecondFactor factor = server().bean(SecondFactor.class);
    server().clock().pass(Duration.ofMinutes(1));
    String code = enrolled.app().code(server().clock().instant());
    List<CodeCheck> checks = together(5, () -> factor.check(enrolled.account().id(), code));
    assertThat(checks.stream().filter(CodeCheck.Right.class::isInstance)).hasSize(1);
  }

  @Test
  void check_rightCodeAfterFiveWrong_isLockedOut() {
    Enrolled enrolled = enrolled();
    SecondFactor factor = server().bean(SecondFactor.class);
    String id = enrolled.account().id();
    server().clock().pass(Duration.ofMinutes(1));
    for (String wrong : List.of("", "12345", "abcdef", "1234567", "٠٠٠٠٠٠")) {
      assertThat(factor.check(id, wrong)).isEqualTo(new CodeCheck.Wrong());
    }
    assertThat(factor.check(id, enrolled.app().code(server().clock().instant())))
        .isEqualTo(new CodeCheck.LockedOut(Duration.ofMinutes(15)));
    assertThat(factor.checkRecovery(id, enrolled.recoveryCodes().getFirst()))
        .isEqualTo(new CodeCheck.LockedOut(Duration.ofMinutes(15)));
  }

  @Test
  void checkRecovery_secondUse_isRefusedAndNothingIsStoredInClear() {
    Enrolled enrolled = enrolled();
    SecondFactor factor = server().bean(SecondFactor.class);
    String id = enrolled.account().id();
    assertThat(enrolled.recoveryCodes()).hasSize(10).doesNotHaveDuplicates();
    String code = enrolled.recoveryCodes().getLast();
    List<@Nullable String> stored =
        server()
            .jdbc()
            .queryForList(
                "select code_hash from recovery_code where account_id = ?", String.class, id);
    assertThat(stored)
        .hasSize(10)
        .noneMatch(hash -> hash == null || hash.contains(code.substring(0, 9)));
    assertThat(factor.checkRecovery(id, code.toUpperCase(Locale.ROOT)))
        .isEqualTo(new CodeCheck.Right());
    assertThat(factor.checkRecovery(id, code)).isEqualTo(new CodeCheck.Wrong());
    assertThat(factor.recoveryCodesLeft(id)).isEqualTo(9);
    assertThat(factor.renewRecoveryCodes(id)).hasSize(10).doesNotContain(code);
    assertThat(factor.recoveryCodesLeft(id)).isEqualTo(10);
  }

  @Test
  void link_identityOfAnother_isRefused() {
    Federation federation = server().bean(Federation.class);
    Account first = account();
    Account second = account();
    ProviderIdentity identity =
        new ProviderIdentity("acme", "https://acme.example", UUID.randomUUID().toString(), "a@b");
    assertThat(federation.link(first.id(), identity)).isEqualTo(new Linking.Linked());
    assertThat(federation.link(first.id(), identity)).isEqualTo(new Linking.AlreadyYours());
    assertThat(federation.link(second.id(), identity)).isEqualTo(new Linking.AnothersAlready());
    assertThat(federation.accountOf(identity)).contains(first.id());
    String link = federation.ofAccount(first.id()).getFirst().id();
    assertThat(federation.unlink(second.id(), link)).isFalse();
    assertThat(federation.unlink(first.id(), link)).isTrue();
    assertThat(federation.accountOf(identity)).isEmpty();
    assertThat(events("federation-linked", first.id())).isEqualTo(1);
    assertThat(events("federation-unlinked", first.id())).isEqualTo(1);
  }

  @Test
  void signUp_byTheSameLinkManyTimesAtOnce_makesOneAccount() throws Exception {
    String email = "u" + UUID.randomUUID().toString().substring(0, 18) + "@sign-up.example";
    SignUp signUp = server().bean(SignUp.class);
    assertThat(signUp.ask(email, "192.0.2.1")).isEqualTo(new Asked.Accepted());
    String token =
        Mailbox.link(mails().awaited(email, "Make your account"), "/login/sign-up/link")
            .replaceAll(".*=", "");
    List<Making> made =
        together(4, () -> signUp.make(token, "Someone", "emmentaler zonk 88 velo", "192.0.2.1"));
    assertThat(made.stream().filter(Making.Made.class::isInstance)).hasSize(1);
    assertThat(made.stream().filter(Making.Gone.class::isInstance)).hasSize(3);
    assertThat(server().bean(Accounts.class).byVerifiedEmail(email)).hasSize(1);
  }

  @Test
  void sentCode_typedManyTimesAtOnce_isRightOnce() throws Exception {
    Account account = account();
    String email = account.username() + "@sign-up.example";
    server().bean(Accounts.class).verified(account.id(), email, Actor.user(account.id()));
    SentCodes codes = server().bean(SentCodes.class);
    String id = ((Sending.Sent) codes.sendToEnrol(account.id(), Channel.EMAIL, "")).id();
    String mail = mails().awaited(email, "Your code is");
    String code = mail.replaceAll("(?s).*\n([0-9]{6})\n.*", "$1");
    List<SentCheck> checks = together(3, () -> codes.confirm(account.id(), id, code));
    assertThat(checks.stream().filter(SentCheck.Right.class::isInstance)).hasSize(1);
    assertThat(codes.ofAccount(account.id())).hasSize(1);
    assertThat(events("factor-enrolled", account.id())).isEqualTo(1);
  }
}
