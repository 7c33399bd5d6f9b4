package dev.sallyport.auth.registration;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.RunningServer;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.signal.Actor;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.transaction.support.TransactionTemplate;

/** Registration that an admin opened to everyone: within bounds. */
class OpenRegistrationTest {

  @TempDir Path data;

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();

  private HttpResponse<String> register(RunningServer server, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create("http://localhost:" + server.port() + "/connect/register"))
            .timeout(Duration.ofSeconds(60))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString("{\"redirect_uris\":[\"https://rp.example/cb\"]}"));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  @Test
  void open_takesClientsWithoutAToken_asManyAsItMayAndNoFaster() throws Exception {
    try (RunningServer server =
        RunningServer.start(
            data,
            "--sallyport.registration.open=true",
            "--sallyport.registration.burst=4",
            "--sallyport.registration.per-minute=1",
            "--sallyport.registration.clients-max=2")) {
      List<Integer> statuses = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        statuses.add(register(server).statusCode());
      }
      assertThat(statuses).containsExactly(201, 201, 503);
      // who shows a token is asked what it is worth
      assertThat(register(server, "Authorization", "Bearer nothing").statusCode()).isEqualTo(401);
      HttpResponse<String> tooMany = register(server);
      assertThat(tooMany.statusCode()).isEqualTo(429);
      assertThat(tooMany.headers().firstValue("Retry-After")).contains("60");
      server.clock().pass(Duration.ofSeconds(61));
      assertThat(register(server).statusCode()).isEqualTo(503);
      takeTheLastUse(server);
    }
  }

  /** Whoever looked before another took it gets nothing. */
  private static void takeTheLastUse(RunningServer server) {
    InitialAccessTokens tokens = server.bean(InitialAccessTokens.class);
    Actor admin = Actor.admin("admin");
    Set<SecurityProfile> web = Set.of(SecurityProfile.WEB);
    String once = tokens.make("", web, 1, Duration.ofHours(1), admin).entry().id();
    String revoked = tokens.make("", web, 1, Duration.ofHours(1), admin).entry().id();
    String late = tokens.make("", web, 1, Duration.ofMinutes(1), admin).entry().id();
    tokens.revoke(revoked, admin);
    server.clock().pass(Duration.ofMinutes(2));
    List<Boolean> taken =
        server
            .bean(TransactionTemplate.class)
            .execute(_ -> Stream.of(once, once, revoked, late).map(id -> tokens.take(id)).toList());
    assertThat(taken).containsExactly(true, false, false, false);
  }

  @Test
  void logo_isAPictureOfPixels_byItsContent() {
    assertThat(ClientLogos.type("\u0089PNG\r\n\u001a\nrest".getBytes(ISO_8859_1)))
        .contains("image/png");
    assertThat(ClientLogos.type("\u00ff\u00d8\u00ff\u00e0".getBytes(ISO_8859_1)))
        .contains("image/jpeg");
    assertThat(ClientLogos.type("GIF89a".getBytes(UTF_8))).contains("image/gif");
    assertThat(ClientLogos.type("RIFFxxxxWEBPVP8 ".getBytes(UTF_8))).contains("image/webp");
    for (String other :
        List.of("", "GIF", "<svg xmlns='http://www.w3.org/2000/svg'/>", "<html>", "RIFFxxxxWAVE")) {
      assertThat(ClientLogos.type(other.getBytes(UTF_8))).as(other).isEmpty();
    }
  }
}
