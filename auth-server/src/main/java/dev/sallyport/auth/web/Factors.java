package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.federation.Federation;
import dev.sallyport.auth.passkey.Passkeys;
import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.sentcode.Channel;
import dev.sallyport.auth.sentcode.SentCodes;
import dev.sallyport.auth.sentcode.SentFactor;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.totp.SecondFactor;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * All that someone signs in with, seen together: what is missing, and what must not be taken away
 * since nothing would be left. Decided under the lock of the account, so that of two removals at
 * the same time the second sees the first.
 */
@Component
class Factors {

  /** What came of removing one. */
  enum Removal {
    /** Or it was not there. */
    REMOVED,
    ONLY_SECOND_FACTOR,
    ONLY_WAY_IN
  }

  /** Something that its owner had better set up, in a sentence, and where. */
  record Gap(String id, String text, String link, String path) {}

  /** Fewer recovery codes than this are few. */
  private static final int CODES_FEW = 3;

  private final Accounts accounts;
  private final Passwords passwords;
  private final SecondFactor secondFactor;
  private final Passkeys passkeys;
  private final SentCodes sentCodes;
  private final Federation federation;
  private final UnkeptCodes unkeptCodes;
  private final TransactionTemplate transaction;

  Factors(
      Accounts accounts,
      Passwords passwords,
      SecondFactor secondFactor,
      Passkeys passkeys,
      SentCodes sentCodes,
      Federation federation,
      UnkeptCodes unkeptCodes,
      PlatformTransactionManager transactions) {
    this.accounts = accounts;
    this.passwords = passwords;
    this.secondFactor = secondFactor;
    this.passkeys = passkeys;
    this.sentCodes = sentCodes;
    this.federation = federation;
    this.unkeptCodes = unkeptCodes;
    this.transaction = new TransactionTemplate(transactions);
  }

  private boolean strong(String accountId) {
    return secondFactor.enrolled(accountId) || passkeys.any(accountId);
  }

  /** Whether there is a second factor of any kind. */
  boolean second(String accountId) {
    return strong(accountId) || !sentCodes.ofAccount(accountId).isEmpty();
  }

  /** Where codes are sent. */
  List<SentFactor> sent(String accountId) {
    return sentCodes.ofAccount(accountId);
  }

  /**
   * In which other ways, or to which other phone, they could be: none beside something stronger.
   */
  List<Channel> sentSettable(String accountId) {
    return strong(accountId) && !sentCodes.besideStronger()
        ? List.of()
        : sentCodes.settable(accountId);
  }

  /** Where a code may be sent to show a factor once more. */
  List<SentFactor> sendable(String accountId) {
    return strong(accountId) && !sentCodes.besideStronger()
        ? List.of()
        : sentCodes.ofAccount(accountId);
  }

  /**
   * A second factor was set up: where there are no recovery codes for when it is lost, some are
   * made. Returns where to go on.
   */
  String recoveryCodesToKeep(String accountId, HttpServletRequest request) {
    List<String> codes = secondFactor.firstRecoveryCodes(accountId);
    if (codes.isEmpty()) {
      return "redirect:/account";
    }
    unkeptCodes.show(accountId, codes, request);
    return "redirect:/account/recovery-codes";
  }

  Removal removePasskey(String accountId, String id) {
    return Objects.requireNonNull(
        transaction.execute(
            _ -> {
              accounts.lock(accountId);
              boolean last =
                  passkeys.ofAccount(accountId).stream().allMatch(one -> one.id().equals(id));
              if (last && passkeys.any(accountId)) {
                if (passwords.version(accountId) == 0
                    && federation.ofAccount(accountId).isEmpty()) {
                  return Removal.ONLY_WAY_IN;
                }
                if (secondFactor.required()
                    && !secondFactor.enrolled(accountId)
                    && sentCodes.ofAccount(accountId).isEmpty()) {
                  return Removal.ONLY_SECOND_FACTOR;
                }
              }
              passkeys.remove(accountId, id, Actor.user(accountId));
              forgetNeedless(accountId);
              return Removal.REMOVED;
            }));
  }

  /** Whether the page offers it. */
  boolean authenticatorRemovable(String accountId) {
    return secondFactor.enrolled(accountId)
        && (!secondFactor.required()
            || passkeys.any(accountId)
            || !sentCodes.ofAccount(accountId).isEmpty());
  }

  /** False: it is the only one, and there must be one. */
  boolean removeAuthenticator(String accountId) {
    return Boolean.TRUE.equals(
        transaction.execute(
            _ -> {
              boolean removed =
                  secondFactor.remove(accountId, () -> authenticatorRemovable(accountId));
              forgetNeedless(accountId);
              return removed;
            }));
  }

  /** False: it is the only one, and there must be one. */
  boolean removeSent(String accountId, Channel channel) {
    return Boolean.TRUE.equals(
        transaction.execute(
            _ -> {
              accounts.lock(accountId);
              if (secondFactor.required()
                  && !strong(accountId)
                  && sentCodes.ofAccount(accountId).stream()
                      .allMatch(one -> one.channel() == channel)) {
                return false;
              }
              sentCodes.remove(accountId, channel, Actor.user(accountId));
              forgetNeedless(accountId);
              return true;
            }));
  }

  /** Recovery codes stand in for a second factor: where none is left, they stand in for nothing. */
  private void forgetNeedless(String accountId) {
    if (!second(accountId)) {
      secondFactor.forgetRecoveryCodes(accountId, Actor.user(accountId));
    }
  }

  /** What is missing, the gravest first. */
  List<Gap> gaps(Account account, boolean mail) {
    List<Gap> gaps = new ArrayList<>();
    String id = account.id();
    if (!second(id)) {
      gaps.add(
          new Gap(
              "gap-second",
              "Whoever learns your password can sign in as you.",
              "Set up an authenticator app",
              "/account/authenticator"));
    } else if (!strong(id)) {
      gaps.add(
          new Gap(
              "gap-strong",
              "Codes that are sent can be read on their way. An app or a passkey is safer.",
              "Set up an authenticator app",
              "/account/authenticator"));
    }
    int left = secondFactor.recoveryCodesLeft(id);
    if (second(id) && left < CODES_FEW) {
      gaps.add(
          new Gap(
              "gap-codes",
              left == 0
                  ? "You have no recovery code for the day on which you lose your second factor."
                  : "You have few recovery codes left.",
              "Make new ones",
              "#factor-title"));
    }
    if (mail && !account.emailVerified()) {
      gaps.add(
          new Gap(
              "gap-email",
              "We cannot tell you what happens to your account, nor help when you forget your"
                  + " password.",
              "Confirm an address",
              "/account/email"));
    }
    return List.copyOf(gaps);
  }
}
