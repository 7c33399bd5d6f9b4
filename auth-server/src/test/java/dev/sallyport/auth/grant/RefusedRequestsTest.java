package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.SettableClock;
import dev.sallyport.auth.database.TestDatabase;
import dev.sallyport.auth.limit.RateLimits;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

class RefusedRequestsTest {

  private final SettableClock clock = new SettableClock(Instant.parse("2026-11-23T10:00:00Z"));
  private final TestDatabase database = TestDatabase.h2();
  private final RefusedRequests here = node();
  private final RefusedRequests there = node();

  private RefusedRequests node() {
    return new RefusedRequests(
        new RefusedRequestLimit(4, 60),
        new RateLimits(JdbcClient.create(database.dataSource()), clock),
        clock);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private MockHttpServletResponse post(
      RefusedRequests node, String address, String clientId, String error) throws Exception {
    MockHttpServletRequest request = new MockHttpServletRequest("POST", "/oauth2/token");
    request.setRemoteAddr(address);
    request.setParameter("client_id", clientId);
    MockHttpServletResponse response = new MockHttpServletResponse();
    node.doFilter(
        request,
        response,
        (asked, _) -> {
          if (!error.isEmpty()) {
            RefusedRequests.note((HttpServletRequest) asked, OAuthErrors.refused(error, null));
          }
        });
    return response;
  }

  private int status(RefusedRequests node, String address, String clientId, String error)
      throws Exception {
    return post(node, address, clientId, error).getStatus();
  }

  @Test
  void refused_tooOftenAtBothNodes_mustWait() throws Exception {
    for (int i = 0; i < 5; i++) {
      assertThat(status(i % 2 == 0 ? here : there, "192.0.2.1", "a", "invalid_client"))
          .isEqualTo(200);
    }
    MockHttpServletResponse late = post(here, "192.0.2.1", "a", "");
    assertThat(late.getStatus()).isEqualTo(429);
    assertThat(late.getHeader("Retry-After")).isEqualTo("1");
    // the other node hears of it with the next refusal
    assertThat(status(there, "192.0.2.1", "a", "invalid_grant")).isEqualTo(200);
    assertThat(status(there, "192.0.2.1", "a", "")).isEqualTo(429);
    assertThat(status(here, "192.0.2.1", "b", "")).as("another client").isEqualTo(200);
    assertThat(status(here, "192.0.2.2", "a", "")).as("another network").isEqualTo(200);
    clock.pass(Duration.ofSeconds(1));
    assertThat(status(here, "192.0.2.1", "a", "")).isEqualTo(200);
  }

  @Test
  void granted_orPolled_isNotCounted() throws Exception {
    for (int i = 0; i < 20; i++) {
      assertThat(status(here, "192.0.2.1", "a", "")).isEqualTo(200);
      assertThat(status(here, "192.0.2.1", "a", "authorization_pending")).isEqualTo(200);
      assertThat(status(here, "192.0.2.1", "a", "use_dpop_nonce")).isEqualTo(200);
    }
  }
}
