package dev.sallyport.auth.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.RunningServer;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.session.SignedIn;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.server.authorization.InMemoryOAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.client.InMemoryRegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.ui.ExtendedModelMap;
import org.thymeleaf.context.Context;
import org.thymeleaf.spring6.SpringTemplateEngine;

class ConsentPageTest {

  private static final RegisteredClient CLIENT =
      RegisteredClient.withId("1")
          .clientId("app")
          .clientName("An <App>")
          .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
          .redirectUri("http://127.0.0.1/callback")
          .scopes(
              scopes ->
                  scopes.addAll(
                      Set.of(
                          "openid",
                          "profile",
                          "email",
                          "offline_access",
                          "chat.read",
                          "chat.write",
                          "admin")))
          .build();

  @TempDir static Path data;
  private static RunningServer server;

  @BeforeAll
  static void start() {
    server = RunningServer.start(data);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private final MockHttpServletRequest request = new MockHttpServletRequest();
  private final MockHttpServletResponse response = new MockHttpServletResponse();
  private final ExtendedModelMap model = new ExtendedModelMap();

  private String consent(String redirect, String clientId, String scope, String state) {
    return consent("alice", redirect, clientId, scope, state);
  }

  private String consent(
      String username, String redirect, String clientId, String scope, String state) {
    InMemoryOAuth2AuthorizationService authorizations = new InMemoryOAuth2AuthorizationService();
    authorizations.save(
        OAuth2Authorization.withRegisteredClient(CLIENT)
            .principalName("someone")
            .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
            .attribute("state", "the-state")
            .attribute(
                OAuth2AuthorizationRequest.class.getName(),
                OAuth2AuthorizationRequest.authorizationCode()
                    .authorizationUri("http://localhost/oauth2/authorize")
                    .clientId("app")
                    .redirectUri(redirect)
                    .build())
            .build());
    StaticListableBeanFactory beans =
        new StaticListableBeanFactory(
            Map.of(
                "clients",
                new InMemoryRegisteredClientRepository(CLIENT),
                "authorizations",
                authorizations));
    Accounts accounts = server.bean(Accounts.class);
    Account account = accounts.byUsername(username).orElseThrow();
    FormTargets targets =
        new FormTargets(
            beans.getBeanProvider(RegisteredClientRepository.class),
            beans.getBeanProvider(OAuth2AuthorizationService.class),
            new HttpSessionRequestCache());
    SignedIn owner = new SignedIn(account.id(), "sid", Instant.EPOCH, "acr", List.of("pwd"));
    return new ConsentPage(accounts, targets)
        .consent(owner, clientId, scope, state, request, response, model);
  }

  @Test
  void consent_ofAWaitingRequest_showsWhoWantsWhatAndMayLeadBackThere() {
    String scopes = "openid profile chat.read chat.write other";
    String page = consent("http://127.0.0.1:49152/callback", "app", scopes, "the-state");
    assertThat(page).isEqualTo("consent");
    assertThat(request.getAttribute(FormTargets.ATTRIBUTE)).isEqualTo("http://127.0.0.1:49152");
    String html =
        server.bean(SpringTemplateEngine.class).process(page, new Context(Locale.ENGLISH, model));
    assertThat(html)
        .contains("An &lt;App&gt;", "Alice Adler", "127.0.0.1:49152", "Send messages for you")
        .contains("id=\"allow\"", "id=\"deny\"", "name=\"client_id\" value=\"app\"")
        .contains("name=\"state\" value=\"the-state\"", "value=\"chat.write\"")
        .doesNotContain("value=\"other\"")
        .doesNotContain("th:");
  }

  @Test
  void consent_inWhicheverOrderAsked_putsTheGravestLastAndApart() {
    String scopes = "admin offline_access chat.write email openid chat.read profile";
    String page = consent("demo-admin", "http://127.0.0.1:1/callback", "app", scopes, "the-state");
    String html =
        server.bean(SpringTemplateEngine.class).process(page, new Context(Locale.ENGLISH, model));
    assertThat(html)
        .containsSubsequence(
            "value=\"profile\" checked",
            "value=\"email\" checked",
            "value=\"chat.read\" checked",
            "value=\"chat.write\" checked",
            "value=\"offline_access\" checked",
            "class=\"wish grave\"",
            "value=\"admin\" checked");
    assertThat(html.split("wish grave", -1)).hasSize(2);
  }

  @Test
  void consent_administrationOfSomeoneWithoutTheRole_isNotTickedAndSaysWhoMay() {
    String page = consent("http://127.0.0.1:1/callback", "app", "admin chat.read", "the-state");
    String html =
        server.bean(SpringTemplateEngine.class).process(page, new Context(Locale.ENGLISH, model));
    assertThat(html)
        .contains("For administrators only", "value=\"admin\">", "value=\"chat.read\" checked");
  }

  @Test
  void consent_withoutTheRequest_isRefused() {
    assertThat(consent("http://127.0.0.1:1/callback", "app", "openid", "another-state"))
        .isEqualTo("problem");
    assertThat(consent("http://127.0.0.1:1/callback", "nobody", "openid", "the-state"))
        .isEqualTo("problem");
    assertThat(consent("https://evil.example/callback", "app", "openid", "the-state"))
        .isEqualTo("problem");
    assertThat(response.getStatus()).isEqualTo(400);
    assertThat(request.getAttribute(FormTargets.ATTRIBUTE)).isNull();
  }
}
