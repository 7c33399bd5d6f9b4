package dev.sallyport.auth.logout;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.Subjects;
import dev.sallyport.auth.fetch.OutgoingHttp;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.KeyPurpose;
import dev.sallyport.auth.token.StoredSigningKeys;
import jakarta.annotation.PreDestroy;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Carries logout tokens to clients (Back-Channel Logout 1.0 §2.5): each at least once, tried again
 * with growing pauses for a day. A row is taken by moving its due time ahead, compare-and-set, so
 * that of several nodes one delivers, and another does where that one dies.
 */
@Component
class LogoutCourier {

  /** §2.4: a JWT of this type, so that it is taken for no other. */
  static final String TYP = "logout+jwt";

  private static final String EVENT = "http://schemas.openid.net/event/backchannel-logout";
  private static final Logger LOG = LoggerFactory.getLogger(LogoutCourier.class);

  /** Recommended by §2.4: at most two minutes. */
  private static final Duration TOKEN_TTL = Duration.ofMinutes(2);

  /** Longer than a call may take. */
  private static final Duration TAKEN = Duration.ofSeconds(30);

  private static final Duration GIVEN_UP_AFTER = Duration.ofDays(1);
  private static final Duration PAUSE_MAX = Duration.ofMinutes(10);
  private static final int AT_ONCE_MAX = 16;

  private final JdbcClient jdbc;
  private final Clients clients;
  private final Subjects subjects;
  private final OutgoingHttp http;
  private final StoredSigningKeys keys;
  private final IssuerSettings issuer;
  private final Clock clock;
  private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore free = new Semaphore(AT_ONCE_MAX);

  LogoutCourier(
      JdbcClient jdbc,
      Clients clients,
      Subjects subjects,
      OutgoingHttp http,
      StoredSigningKeys keys,
      IssuerSettings issuer,
      Clock clock) {
    this.jdbc = jdbc;
    this.clients = clients;
    this.subjects = subjects;
    this.http = http;
    this.keys = keys;
    this.issuer = issuer;
    this.clock = clock;
  }

  private record Delivery(
      String id,
      String clientId,
      String accountId,
      String sid,
      long createdAt,
      int attempts,
      long due) {}

  @PreDestroy
  void stop() {
    calls.shutdownNow();
  }

  @Scheduled(fixedDelayString = "PT0.5S", initialDelayString = "PT2S")
  void deliverDue() {
    int room = free.availablePermits();
    if (room == 0) {
      return;
    }
    for (Delivery delivery : due(room)) {
      if (take(delivery) && free.tryAcquire()) {
        calls.execute(
            () -> {
              try {
                deliver(delivery);
              } finally {
                free.release();
              }
            });
      }
    }
  }

  private List<Delivery> due(int countMax) {
    return jdbc.sql(
            """
            SELECT id, client_id, account_id, sid, created_at_ms, attempts, due_at_ms
            FROM logout_delivery WHERE due_at_ms <= ? ORDER BY due_at_ms FETCH FIRST %d ROWS ONLY
            """
                .formatted(countMax))
        .param(clock.millis())
        .query(
            (row, n) ->
                new Delivery(
                    row.getString("id"),
                    row.getString("client_id"),
                    row.getString("account_id"),
                    row.getString("sid"),
                    row.getLong("created_at_ms"),
                    row.getInt("attempts"),
                    row.getLong("due_at_ms")))
        .list();
  }

  private boolean take(Delivery delivery) {
    return jdbc.sql(
                "UPDATE logout_delivery SET due_at_ms = ?, attempts = attempts + 1 WHERE id = ? AND"
                    + " due_at_ms = ?")
            .params(clock.millis() + TAKEN.toMillis(), delivery.id(), delivery.due())
            .update()
        == 1;
  }

  private void deliver(Delivery delivery) {
    Client client = clients.find(delivery.clientId()).orElse(null);
    String uri = client == null ? null : client.logout().backchannelUri();
    if (client == null || uri == null) {
      delete(delivery);
      return;
    }
    switch (http.post(URI.create(uri), "logout_token=" + token(client, delivery))) {
      case OutgoingHttp.Answer.Answered answer when answer.status() / 100 == 2 -> delete(delivery);
      case OutgoingHttp.Answer.Answered answer -> again(delivery, "it answered " + answer.status());
      case OutgoingHttp.Answer.Failed failed -> again(delivery, failed.reason());
    }
  }

  private void again(Delivery delivery, String why) {
    Instant now = clock.instant();
    if (now.isAfter(Instant.ofEpochMilli(delivery.createdAt()).plus(GIVEN_UP_AFTER))) {
      LOG.warn("client `{}` could not be told of a logout: {}", delivery.clientId(), why);
      delete(delivery);
      return;
    }
    LOG.info("client `{}` is told of a logout again later: {}", delivery.clientId(), why);
    jdbc.sql("UPDATE logout_delivery SET due_at_ms = ? WHERE id = ?")
        .params(now.plus(pause(delivery.attempts())).toEpochMilli(), delivery.id())
        .update();
  }

  /** 1 s, 2 s, 4 s, … */
  static Duration pause(int attempts) {
    Duration pause = Duration.ofSeconds(1L << Math.min(attempts, 20));
    return pause.compareTo(PAUSE_MAX) < 0 ? pause : PAUSE_MAX;
  }

  private void delete(Delivery delivery) {
    jdbc.sql("DELETE FROM logout_delivery WHERE id = ?").param(delivery.id()).update();
  }

  /** Its {@code jti} is the same each time, so that a client can tell that it was told before. */
  private String token(Client client, Delivery delivery) {
    Instant now = clock.instant();
    return keys.sign(
        KeyPurpose.TOKEN,
        JWSAlgorithm.parse(client.idTokenAlg()),
        TYP,
        new JWTClaimsSet.Builder()
            .issuer(issuer.issuer())
            .subject(subjects.of(client, delivery.accountId()))
            .audience(client.clientId())
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plus(TOKEN_TTL)))
            .jwtID(delivery.id())
            .claim("sid", delivery.sid())
            .claim("events", Map.of(EVENT, Map.of()))
            .build());
  }
}
