package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.Creation;
import dev.sallyport.auth.account.NewAccount;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.signal.Actor;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The doors of {@code /v1/admin}, with real tokens: scope, second factor, policy. What lies behind
 * them is tested elsewhere with a stand-in for the first two.
 */
class AdminDoorTest {

  private static final List<String> ONE_FACTOR = List.of("pwd");
  private static final List<String> TWO_FACTORS = List.of("pwd", "otp", "mfa");

  private final World world = World.get();
  private final DpopKey key = world.key();

  private String token(String role, List<String> amr, String scope) {
    String name = "a" + UUID.randomUUID().toString().substring(0, 12);
    Account account =
        ((Creation.Created)
                world
                    .server
                    .bean(Accounts.class)
                    .create(NewAccount.named(name, "Someone", Set.of(role)), Actor.system()))
            .account();
    String sid =
        world.server.bean(Sessions.class).begin(account.id(), amr, "test", "127.0.0.1").sid();
    return world
        .tokens(new World.Person(account.id(), sid), key, World.CHAT, scope)
        .text("access_token");
  }

  private Answer ask(String path, String token) {
    return world.api(key, "GET", path, token, null);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/admin/policies", "/v1/admin/accounts", "/v1/admin/events"})
  void adminApi_onlyAnAdminWithScopeAndSecondFactor_getsThrough(String path) {
    assertThat(ask(path, token("admin", TWO_FACTORS, "openid admin")).status()).isEqualTo(200);

    Answer oneFactor = ask(path, token("admin", ONE_FACTOR, "openid admin"));
    assertThat(oneFactor.status()).isEqualTo(401);
    assertThat(oneFactor.header("WWW-Authenticate").orElseThrow())
        .contains("insufficient_user_authentication");

    Answer sent = ask(path, token("admin", List.of("pwd", "otp", "sms"), "openid admin"));
    assertThat(sent.header("WWW-Authenticate").orElseThrow())
        .as("a code that was sent is no second factor")
        .contains("insufficient_user_authentication", "urn:sallyport:acr:2fa");

    Answer withoutScope = ask(path, token("admin", TWO_FACTORS, "openid chat.read"));
    assertThat(withoutScope.status()).isEqualTo(403);
    assertThat(withoutScope.header("WWW-Authenticate").orElseThrow())
        .contains("insufficient_scope");

    assertThat(ask(path, token("user", TWO_FACTORS, "openid admin")).refusal())
        .isEqualTo("403 policy_refused");
    assertThat(world.get(path).status()).isEqualTo(401);
    String token = token("admin", TWO_FACTORS, "openid admin");
    assertThat(world.get(path, "Authorization", "Bearer " + token).status()).isEqualTo(401);
    assertThat(world.api(world.key(), "GET", path, token, null).status())
        .as("a proof by another key")
        .isEqualTo(401);
  }
}
