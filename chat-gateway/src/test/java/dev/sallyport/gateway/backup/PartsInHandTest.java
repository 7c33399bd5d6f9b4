package dev.sallyport.gateway.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

class PartsInHandTest {

  private final PartsInHand parts = new PartsInHand();

  private static MockServerWebExchange exchange() {
    return MockServerWebExchange.from(MockServerHttpRequest.get("/"));
  }

  /** An exchange that has a place, and keeps it until it is disposed of. */
  private Disposable underWay(String user, List<Boolean> admitted) {
    var exchange = exchange();
    return parts
        .filter(
            exchange,
            http -> {
              admitted.add(parts.admit(http, user));
              return Mono.never();
            })
        .subscribe();
  }

  @Test
  void places_areBounded_byUserAndInAll_andGivenBack() {
    List<Boolean> admitted = new ArrayList<>();
    List<Disposable> all = new ArrayList<>();
    for (int user = 0; user < PartsInHand.ALL_MAX / PartsInHand.OF_USER_MAX; user++) {
      for (int i = 0; i < PartsInHand.OF_USER_MAX; i++) {
        all.add(underWay("u" + user, admitted));
      }
      assertThat(parts.admit(exchange(), "u" + user)).isFalse();
    }
    assertThat(admitted).hasSize(PartsInHand.ALL_MAX).doesNotContain(false);
    assertThat(parts.admit(exchange(), "another")).isFalse();
    all.getFirst().dispose();
    assertThat(parts.held()).isEqualTo(PartsInHand.ALL_MAX - 1);
    parts
        .filter(
            exchange(),
            http -> {
              assertThat(parts.admit(http, "another")).isTrue();
              return Mono.error(new IllegalStateException());
            })
        .onErrorComplete()
        .block();
    all.forEach(Disposable::dispose);
    assertThat(parts.held()).isZero();
  }
}
