package dev.sallyport.acceptance.history;

import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.acceptance.FormBrowser;
import java.net.http.HttpResponse;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The people of a run, made by an administrator, signed in with both factors as people do, each
 * with several devices.
 */
final class Crowd {

  private static final String REDIRECT = "http://127.0.0.1/callback";
  private static final String SCOPE = "openid offline_access chat.read chat.write";
  private static final Duration RENEW_BEFORE = Duration.ofSeconds(80);

  /** Hashing passwords and enrolling factors takes processors. */
  private static final int AT_ONCE = 4;

  private final House house;
  final Web web;
  final List<User> users = new ArrayList<>();
  private final ProofKey adminKey = new ProofKey();
  private String adminToken = "";

  /** A person: tokens, and the key to which they are bound. */
  final class User {
    final ProofKey key = new ProofKey();
    private final String name;
    private String access = "";
    private String refresh = "";
    private Instant accessUntil = Instant.EPOCH;
    volatile String id = "";

    private User(String name) {
      this.name = name;
    }

    private void took(Web.Answer tokens) {
      access = tokens.text("access_token");
      refresh = tokens.text("refresh_token");
      accessUntil = expiry(access);
    }

    /** A live access token; empty where the auth-server gives none now. */
    synchronized String accessToken() {
      if (Instant.now().isAfter(accessUntil.minus(RENEW_BEFORE))) {
        var answer =
            token(
                key,
                Map.of(
                    "grant_type",
                    "refresh_token",
                    "client_id",
                    House.CLIENT,
                    "refresh_token",
                    refresh));
        if (answer.good()) {
          took(answer);
        } else if (Instant.now().isAfter(accessUntil)) {
          return "";
        }
      }
      return access;
    }

    /** A gateway token of that device; empty where there is none to be had now. */
    String gatewayToken(String device) {
      var access = accessToken();
      if (access.isEmpty()) {
        return "";
      }
      var form = new LinkedHashMap<String, String>();
      form.put("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
      form.put("client_id", House.CLIENT);
      form.put("subject_token", access);
      form.put("subject_token_type", "urn:ietf:params:oauth:token-type:access_token");
      form.put("audience", house.publicUrl);
      form.put("device_id", device);
      return token(key, form).text("access_token");
    }

    Web.Answer issuer(String method, String path, @Nullable Object body) {
      return web.call(
          method, house.issuer(), house.issuer(), path, key, accessToken(), body, Duration.ZERO);
    }
  }

  Crowd(House house, Web web) {
    this.house = house;
    this.web = web;
  }

  static Instant expiry(String token) {
    return claim(token, "exp") instanceof java.util.Date date ? date.toInstant() : Instant.EPOCH;
  }

  static @Nullable Object claim(String token, String name) {
    try {
      return SignedJWT.parse(token).getJWTClaimsSet().getClaim(name);
    } catch (ParseException e) {
      throw new IllegalStateException("a token cannot be read", e);
    }
  }

  private Web.Answer token(ProofKey key, Map<String, String> form) {
    return web.call(
        "POST",
        house.issuer(),
        house.issuer(),
        "/oauth2/token",
        key,
        "",
        FormBrowser.encoded(form),
        Duration.ZERO);
  }

  /** Signs all of them in. */
  void gather(int count) {
    var admin = new FormBrowser(house.issuer());
    admin.enrol("demo-admin", house.demoPassword("demo-admin"));
    adminToken = signIn(admin, adminKey, "sallyport-demo", "openid admin").text("access_token");
    var places = new Semaphore(AT_ONCE);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var futures = new ArrayList<Future<User>>();
      for (int i = 0; i < count; i++) {
        var name = "history-" + i;
        futures.add(
            threads.submit(
                () -> {
                  places.acquire();
                  try {
                    return someone(name);
                  } finally {
                    places.release();
                  }
                }));
      }
      for (var future : futures) {
        users.add(future.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("someone cannot sign in", e.getCause());
    }
  }

  private User someone(String name) {
    var oneTime =
        web.call(
                "POST",
                house.issuer(),
                house.issuer(),
                "/v1/admin/accounts",
                adminKey,
                adminToken,
                Map.of("username", name, "roles", List.of("user")),
                Duration.ZERO)
            .orThrow()
            .text("one_time_password");
    var browser = new FormBrowser(house.issuer());
    var page =
        browser.press(browser.get("/login"), "sign-in", "username", name, "password", oneTime);
    var password = UUID.randomUUID().toString();
    page = browser.press(page, "change", "new-password", password, "repeat-password", password);
    var secret = FormBrowser.text(page, "totp-secret").orElseThrow().replace(" ", "");
    var app = dev.sallyport.acceptance.Authenticator.scan("otpauth://totp/x?secret=" + secret);
    browser.press(browser.press(page, "enrol", "code", app.freshCode()), "continue");
    var user = new User(name);
    user.took(signIn(browser, user.key, House.CLIENT, SCOPE));
    return user;
  }

  private Web.Answer signIn(FormBrowser browser, ProofKey key, String client, String scope) {
    var verifier = UUID.randomUUID() + "-" + UUID.randomUUID();
    var asking = new LinkedHashMap<String, String>();
    asking.put("response_type", "code");
    asking.put("client_id", client);
    asking.put("redirect_uri", REDIRECT);
    asking.put("scope", scope);
    asking.put("state", "s");
    asking.put("code_challenge", ProofKey.hash(verifier));
    asking.put("code_challenge_method", "S256");
    HttpResponse<String> page = browser.get("/oauth2/authorize?" + FormBrowser.encoded(asking));
    if (page.body().contains("id=\"allow\"")) {
      page = browser.allow(page, scope.split(" ", -1));
    }
    return token(
            key,
            Map.of(
                "grant_type",
                "authorization_code",
                "client_id",
                client,
                "code",
                FormBrowser.code(page),
                "redirect_uri",
                REDIRECT,
                "code_verifier",
                verifier))
        .orThrow();
  }

  String name(User user) {
    return user.name;
  }
}
