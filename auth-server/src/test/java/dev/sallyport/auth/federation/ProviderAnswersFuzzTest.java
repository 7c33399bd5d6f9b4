package dev.sallyport.auth.federation;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sallyport.auth.FuzzSeeds;
import dev.sallyport.auth.SettableClock;
import dev.sallyport.auth.fetch.FetchSettings;
import dev.sallyport.auth.fetch.OutgoingHttp;
import dev.sallyport.auth.installation.Installation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.core.AuthorizationGrantType;

/**
 * What an identity provider answers, for Jazzer: metadata, keys and signed tokens, over a real
 * connection. Whatever it is, it is used or refused, and no more than that comes of it. An ordinary
 * build runs the seeds; {@code ops/fuzz} searches on.
 */
class ProviderAnswersFuzzTest {

  private static final int SPOILT = 60;
  private static final SettableClock clock =
      new SettableClock(Instant.parse("2026-11-23T10:00:00Z"));
  private static final Beside beside = new Beside();
  private static final ECKey key = key();
  private static final OutgoingHttp outgoing = outgoing();

  private static ECKey key() {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID("k1").generate();
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  private static Installation installation() {
    return new Installation(
        URI.create("https://id.example"), Path.of("unused"), null, List.of(), null);
  }

  private static OutgoingHttp outgoing() {
    return new OutgoingHttp(installation(), new FetchSettings(List.of("127.0.0.0/8", "::1"), null));
  }

  /** Answers everything with the same. */
  private static final class Beside {
    private final HttpServer server;
    private volatile byte[] answer = {};

    Beside() {
      try {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      server.createContext("/", this::answer);
      server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
      byte[] body = answer;
      exchange.getResponseHeaders().add("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    }

    String url() {
      return "http://127.0.0.1:" + server.getAddress().getPort();
    }
  }

  @AfterAll
  static void stop() {
    beside.server.stop(0);
  }

  static Stream<Arguments> metadataSeeds() {
    return FuzzSeeds.of(
        SPOILT,
        """
        {"issuer": "%s", "authorization_endpoint": "%s/auth", "token_endpoint": "%s/token",
         "jwks_uri": "%s/jwks", "userinfo_endpoint": "%s/u", "response_types_supported": ["code"],
         "token_endpoint_auth_methods_supported": ["client_secret_post"],
         "authorization_response_iss_parameter_supported": true}
        """
            .replace("%s", beside.url()));
  }

  @MethodSource("metadataSeeds")
  @FuzzTest
  void metadata(byte[] input) {
    beside.answer = input;
    try {
      new ProviderMetadata(installation(), outgoing, clock)
          .learn(
              new ConfiguredProviders.Entry(
                      "acme", null, URI.create(beside.url()), "client", "secret")
                  .toProvider());
    } catch (ProviderMetadata.Unusable refused) {
      // as it should be
    }
  }

  private static ClientRegistration registration() {
    return ClientRegistration.withRegistrationId("acme")
        .issuerUri("https://acme.example")
        .authorizationUri(beside.url() + "/auth")
        .tokenUri(beside.url() + "/token")
        .jwkSetUri(beside.url() + "/jwks")
        .clientId("sallyport")
        .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
        .redirectUri("https://id.example/login/oauth2/code/acme")
        .build();
  }

  private static String signed(byte[] payload) {
    JWSObject jws =
        new JWSObject(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("k1").build(), new Payload(payload));
    try {
      jws.sign(new ECDSASigner(key));
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
    return jws.serialize();
  }

  private static String claims() {
    long now = clock.instant().getEpochSecond();
    return "{\"iss\":\"https://acme.example\",\"aud\":\"sallyport\",\"sub\":\"a\",\"iat\":"
        + now
        + ",\"exp\":"
        + (now + 3600)
        + ",\"amr\":[\"pwd\"],\"azp\":\"sallyport\",\"email\":\"a@acme.example\"}";
  }

  static Stream<Arguments> keySetSeeds() {
    return FuzzSeeds.of(
        SPOILT,
        new JWKSet(key.toPublicJWK()).toString(),
        "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AQAB\",\"x5c\":[\"AAAA\"],\"use\":\"sig\"},"
            + "{\"kty\":\"oct\",\"k\":\"AAAA\"},{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}]}");
  }

  @MethodSource("keySetSeeds")
  @FuzzTest
  void keySet(byte[] input) {
    beside.answer = input;
    new ProviderTokens(new ProviderKeys(outgoing, clock), clock)
        .check(registration(), signed(claims().getBytes(UTF_8)), true);
  }

  static Stream<Arguments> idTokenSeeds() {
    return FuzzSeeds.of(SPOILT * 2, claims());
  }

  private static final ProviderTokens tokens =
      new ProviderTokens(new ProviderKeys(outgoing, clock), clock);

  @MethodSource("idTokenSeeds")
  @FuzzTest
  void idToken(byte[] input) {
    beside.answer = new JWKSet(key.toPublicJWK()).toString().getBytes(UTF_8);
    clock.pass(Duration.ofMillis(1));
    tokens.check(registration(), signed(input), true);
  }
}
