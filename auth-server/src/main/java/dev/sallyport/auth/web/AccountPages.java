package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.device.Device;
import dev.sallyport.auth.device.Devices;
import dev.sallyport.auth.federation.Federation;
import dev.sallyport.auth.federation.LinkedIdentity;
import dev.sallyport.auth.federation.Linking;
import dev.sallyport.auth.federation.ProviderIdentity;
import dev.sallyport.auth.passkey.Passkey;
import dev.sallyport.auth.passkey.Passkeys;
import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.recovery.Recovery;
import dev.sallyport.auth.session.Initiator;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.session.SignInSession;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.totp.CodeCheck;
import dev.sallyport.auth.totp.SecondFactor;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** What someone who is signed in sees and changes of the own account. */
@Controller
class AccountPages {

  /**
   * A session as its owner reads it.
   *
   * @param seen when its browser last asked for a page here; empty when that is forgotten
   */
  record SessionRow(
      String sid, String browser, String address, String since, String seen, boolean current) {}

  /** A linked identity as its owner reads it. */
  record LinkRow(String id, String provider, String label, String since) {}

  /** A device as its owner reads it. */
  record DeviceRow(String id, String name, String since, String until) {}

  /** A passkey as its owner reads it. */
  record PasskeyRow(String id, String name, boolean synced, String since, String used) {}

  private static final String ACCOUNT = "redirect:/account";

  private final Accounts accounts;
  private final Sessions sessions;
  private final Devices devices;
  private final Passwords passwords;
  private final SecondFactor secondFactor;
  private final Passkeys passkeys;
  private final Factors factors;
  private final Federation federation;
  private final Linkings linkings;
  private final StepUp stepUp;
  private final UnkeptCodes unkeptCodes;
  private final Browsers browsers;
  private final RecentActivity activity;
  private final Recovery recovery;
  private final ApplicationPages applications;

  AccountPages(
      Accounts accounts,
      Sessions sessions,
      Devices devices,
      Passwords passwords,
      SecondFactor secondFactor,
      Passkeys passkeys,
      Factors factors,
      Federation federation,
      Linkings linkings,
      StepUp stepUp,
      UnkeptCodes unkeptCodes,
      Browsers browsers,
      RecentActivity activity,
      Recovery recovery,
      ApplicationPages applications) {
    this.accounts = accounts;
    this.sessions = sessions;
    this.devices = devices;
    this.passwords = passwords;
    this.secondFactor = secondFactor;
    this.passkeys = passkeys;
    this.factors = factors;
    this.federation = federation;
    this.linkings = linkings;
    this.stepUp = stepUp;
    this.unkeptCodes = unkeptCodes;
    this.browsers = browsers;
    this.activity = activity;
    this.recovery = recovery;
    this.applications = applications;
  }

  @GetMapping("/account")
  String account(@AuthenticationPrincipal SignedIn owner, HttpServletRequest request, Model model) {
    Notice.take(request)
        .ifPresent(left -> model.addAttribute(left.error() ? "error" : "notice", left.text()));
    return accountPage(owner, request, model);
  }

  private String accountPage(SignedIn owner, HttpServletRequest request, Model model) {
    Account account = own(owner);
    model.addAttribute("account", account);
    Map<String, Instant> lastSeen = browsers.lastSeen(owner.accountId());
    model.addAttribute(
        "sessions",
        sessions.ofAccount(owner.accountId()).stream()
            .map(session -> row(session, lastSeen.get(session.sid()), owner))
            .toList());
    model.addAttribute(
        "devices", devices.ofAccount(owner.accountId()).stream().map(AccountPages::row).toList());
    model.addAttribute(
        "enrolledAt", secondFactor.enrolledAt(owner.accountId()).map(Words::time).orElse(""));
    model.addAttribute(
        "passwordChangedAt", passwords.changedAt(owner.accountId()).map(Words::time).orElse(""));
    model.addAttribute("codesLeft", secondFactor.recoveryCodesLeft(owner.accountId()));
    List<LinkedIdentity> linked = federation.ofAccount(owner.accountId());
    model.addAttribute("links", linked.stream().map(this::row).toList());
    model.addAttribute(
        "passkeys", passkeys.ofAccount(owner.accountId()).stream().map(AccountPages::row).toList());
    model.addAttribute("sentFactors", factors.sent(owner.accountId()));
    model.addAttribute("sentSettable", !factors.sentSettable(owner.accountId()).isEmpty());
    model.addAttribute("removable", factors.authenticatorRemovable(owner.accountId()));
    model.addAttribute("second", factors.second(owner.accountId()));
    model.addAttribute("gaps", factors.gaps(account, recovery.on()));
    model.addAttribute("recovered", owner.amr().contains(SignInProgress.RECOVERY_CODE));
    model.addAttribute("mail", recovery.on());
    model.addAttribute("activity", activity.of(owner.accountId()));
    model.addAttribute("applications", applications.of(account));
    model.addAttribute("providers", federation.providers());
    // the button that begins a link leads to the provider
    federation
        .providers()
        .forEach(
            provider ->
                federation
                    .authorizationUri(provider.id())
                    .ifPresent(target -> FormTargets.allow(request, target)));
    return "account";
  }

  private static SessionRow row(SignInSession session, @Nullable Instant lastSeen, SignedIn owner) {
    return new SessionRow(
        session.sid(),
        Words.browser(session.userAgent()),
        session.address(),
        Words.exactTime(session.authTime()),
        lastSeen == null ? "" : Words.exactTime(lastSeen),
        session.sid().equals(owner.sid()));
  }

  private static PasskeyRow row(Passkey passkey) {
    return new PasskeyRow(
        passkey.id(),
        passkey.name(),
        passkey.synced(),
        Words.time(passkey.createdAt()),
        Words.time(passkey.lastUsedAt()));
  }

  private static DeviceRow row(Device device) {
    return new DeviceRow(
        device.deviceId(),
        device.name(),
        Words.time(device.createdAt()),
        Words.time(device.credentialExpiresAt()));
  }

  private LinkRow row(LinkedIdentity link) {
    String provider =
        federation.provider(link.idp()).map(found -> found.displayName()).orElse(link.idp());
    return new LinkRow(link.id(), provider, link.label(), Words.time(link.linkedAt()));
  }

  @PostMapping("/account/sessions/end")
  String endSession(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam String sid,
      HttpServletRequest request) {
    boolean own =
        sessions.ofAccount(owner.accountId()).stream()
            .anyMatch(session -> session.sid().equals(sid));
    if (own) {
      sessions.revoke(sid, Initiator.USER);
    }
    return sid.equals(owner.sid()) ? "redirect:/signed-out" : said(Notice.SESSION_ENDED, request);
  }

  /** This browser's, too. */
  @PostMapping("/account/sessions/end-all")
  String endAll(@AuthenticationPrincipal SignedIn owner) {
    accounts.endSessions(owner.accountId(), Actor.user(owner.accountId()));
    return "redirect:/signed-out";
  }

  @PostMapping("/account/devices/end-all")
  String removeDevices(@AuthenticationPrincipal SignedIn owner, HttpServletRequest request) {
    Actor actor = Actor.user(owner.accountId());
    for (Device device : devices.ofAccount(owner.accountId())) {
      devices.revoke(owner.accountId(), device.deviceId(), actor);
    }
    return said(Notice.DEVICES_REMOVED, request);
  }

  @PostMapping("/account/sessions/end-others")
  String endOthers(@AuthenticationPrincipal SignedIn owner, HttpServletRequest request) {
    sessions.revokeOthers(owner.accountId(), owner.sid(), Actor.user(owner.accountId()));
    return said(Notice.OTHERS_ENDED, request);
  }

  /** Removes a device of the owner; of anyone else's, nothing happens. */
  @PostMapping("/account/devices/end")
  String removeDevice(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam String id,
      HttpServletRequest request) {
    devices.revoke(owner.accountId(), id, Actor.user(owner.accountId()));
    return said(Notice.DEVICE_REMOVED, request);
  }

  /**
   * New recovery codes cost a fresh code of the authenticator, or another factor shown of late: an
   * unattended browser is not enough.
   */
  @PostMapping("/account/recovery-codes")
  String renewRecoveryCodes(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(defaultValue = "") String code,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    if (!secondFactor.enrolled(owner.accountId())) {
      if (!factors.second(owner.accountId())) {
        return ACCOUNT;
      }
      if (!stepUp.fresh(owner, request)) {
        return stepUp.ask("/account", request);
      }
      unkeptCodes.show(
          owner.accountId(), secondFactor.renewRecoveryCodes(owner.accountId()), request);
      return "redirect:/account/recovery-codes";
    }
    switch (secondFactor.check(owner.accountId(), code)) {
      case CodeCheck.Right() -> {
        unkeptCodes.show(
            owner.accountId(), secondFactor.renewRecoveryCodes(owner.accountId()), request);
        return "redirect:/account/recovery-codes";
      }
      case CodeCheck.NotEnrolled() -> {
        return ACCOUNT;
      }
      case CodeCheck.Wrong() ->
          SignInPages.refuse(
              response,
              model,
              HttpStatus.FORBIDDEN,
              "Wrong code. The recovery codes are as before.");
      case CodeCheck.UsedBefore() ->
          SignInPages.refuse(
              response,
              model,
              HttpStatus.FORBIDDEN,
              "This code was used already. Wait for the next one.");
      case CodeCheck.LockedOut(Duration remaining) ->
          SignInPages.lockedOut(response, model, "Too many wrong codes.", remaining);
    }
    model.addAttribute("renewing", true);
    return accountPage(owner, request, model);
  }

  /** The new codes, until their owner has kept them. */
  @GetMapping("/account/recovery-codes")
  String recoveryCodes(
      @AuthenticationPrincipal SignedIn owner, HttpServletRequest request, Model model) {
    Optional<List<String>> codes = unkeptCodes.of(owner.accountId(), request);
    if (codes.isEmpty()) {
      return ACCOUNT;
    }
    model.addAttribute("codes", codes.get());
    model.addAttribute("next", "/account/done");
    return "recovery-codes";
  }

  /** From the recovery codes back. */
  @PostMapping("/account/done")
  String done(HttpServletRequest request) {
    unkeptCodes.forget(request);
    return ACCOUNT;
  }

  @PostMapping("/account/links")
  String beginLink(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam String idp,
      HttpServletRequest request) {
    if (!stepUp.fresh(owner, request)) {
      // it is another way in, for whoever stands before a browser that was left open
      return stepUp.ask("/account", request);
    }
    if (federation.authorizationUri(idp).isEmpty()) {
      return said(Notice.PROVIDER_AWAY, request);
    }
    linkings.begin(owner, idp, request);
    return "redirect:/oauth2/authorization/" + federation.provider(idp).orElseThrow().id();
  }

  @GetMapping("/account/link")
  String confirmLink(
      @AuthenticationPrincipal SignedIn owner, HttpServletRequest request, Model model) {
    Optional<ProviderIdentity> identity = linkings.waiting(owner, request);
    if (identity.isEmpty()) {
      return ACCOUNT;
    }
    String idp = identity.get().idp();
    model.addAttribute("account", own(owner));
    model.addAttribute("identity", identity.get());
    model.addAttribute(
        "provider", federation.provider(idp).map(found -> found.displayName()).orElse(idp));
    model.addAttribute(
        "factorStays",
        federation
            .provider(idp)
            .map(
                found ->
                    found.secondFactor().amr().isEmpty() && found.secondFactor().acr().isEmpty())
            .orElse(true));
    return "link";
  }

  @PostMapping("/account/link")
  String link(@AuthenticationPrincipal SignedIn owner, HttpServletRequest request) {
    Optional<ProviderIdentity> identity = linkings.waiting(owner, request);
    linkings.abandon(request.getSession());
    if (identity.isEmpty()) {
      return said(Notice.EXPIRED, request);
    }
    return switch (federation.link(owner.accountId(), identity.get())) {
      case Linking.Linked(), Linking.AlreadyYours() -> said(Notice.LINKED, request);
      case Linking.AnothersAlready() -> said(Notice.TAKEN, request);
    };
  }

  @PostMapping("/account/links/end")
  String unlink(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam String id,
      HttpServletRequest request) {
    String accountId = owner.accountId();
    if (passwords.version(accountId) == 0
        && !passkeys.any(accountId)
        && federation.ofAccount(accountId).size() == 1) {
      return said(Notice.LAST_WAY, request);
    }
    federation.unlink(accountId, id);
    return said(Notice.UNLINKED, request);
  }

  private static String said(Notice notice, HttpServletRequest request) {
    notice.leave(request);
    return ACCOUNT;
  }

  private Account own(SignedIn owner) {
    return accounts
        .byId(owner.accountId())
        .orElseThrow(() -> new IllegalStateException("the account of a session is gone"));
  }
}
