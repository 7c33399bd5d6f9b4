package dev.sallyport.auth.pairing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.util.JSONArrayUtils;
import dev.sallyport.auth.account.LockOut;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.detail.AuthorizationDetails;
import dev.sallyport.auth.limit.Network;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.vault.RandomIds;
import dev.sallyport.auth.vault.Vault;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The devices that wait to be let in, from their request to the tokens. Safe for use by many
 * threads and nodes: whoever answers first has answered, whoever redeems first has redeemed.
 */
@Component
public class Pairings {

  /** Time to find the phone, sign in with two factors and type a code (RFC 8628 §6.1). */
  public static final Duration LIFE = Duration.ofMinutes(10);

  /** Between two questions of a device (§3.2); each that comes too soon makes it longer by that. */
  public static final Duration INTERVAL = Duration.ofSeconds(5);

  /** For how long afterwards a device is still told what became of its code. */
  private static final Duration REMEMBERED = Duration.ofMinutes(10);

  private static final int INTERVAL_SECONDS_MAX = 120;

  private static final int DEVICE_CODE_BYTES = 32;

  private static final int DEVICE_CODE_LENGTH_MAX = 128;

  private static final int USER_AGENT_MAX = 200;

  private static final int ADDRESS_MAX = 45;

  /** Of 25 billion codes a few hundred wait: drawing one of them thrice is proof of a bug. */
  private static final int DRAWS_MAX = 3;

  private final JdbcClient jdbc;

  private final Clients clients;

  private final LockOut lockOut;

  private final SecurityEvents events;

  private final Vault vault;

  private final RandomIds ids;

  private final SecureRandom random;

  private final Clock clock;

  private final TransactionTemplate transaction;

  Pairings(
      JdbcClient jdbc,
      Clients clients,
      LockOut lockOut,
      SecurityEvents events,
      Vault vault,
      RandomIds ids,
      SecureRandom random,
      Clock clock,
      PlatformTransactionManager transactions) {
    this.jdbc = jdbc;
    this.clients = clients;
    this.lockOut = lockOut;
    this.events = events;
    this.vault = vault;
    this.ids = ids;
    this.random = random;
    this.clock = clock;
    this.transaction = new TransactionTemplate(transactions);
  }

  /** The two codes of a request, shown this once. */
  public record Begun(String deviceCode, String userCode) {

    @Override
    public String toString() {
      return "Begun";
    }
  }

  /**
   * A device asks to be let in. Not within a transaction.
   *
   * @param request what it asked for, as JSON of the caller's
   * @param details of that, the rooms and actions that it is limited to
   * @param jkt the key that must be shown again when it asks for its tokens
   */
  public Begun begin(
      Client client,
      Set<String> scopes,
      String request,
      @Nullable AuthorizationDetails details,
      @Nullable String jkt,
      String address,
      @Nullable String userAgent) {
    String deviceCode = ids.base64url(DEVICE_CODE_BYTES);
    long now = clock.millis();
    for (int i = 0; i < DRAWS_MAX; i++) {
      String userCode = UserCodes.draw(random);
      try {
        jdbc.sql(
                """
                INSERT INTO pairing (id, device_code_mac, user_code_mac, client_id, scopes, request,
                  jkt, address, user_agent, requested_at_ms, expires_at_ms, interval_s, details,
                  state)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')
                """)
            .params(
                Arrays.asList(
                    ids.uuid7(),
                    deviceMac(deviceCode),
                    userMac(userCode),
                    client.clientId(),
                    joined(scopes),
                    request,
                    jkt,
                    cut(address, ADDRESS_MAX),
                    cut(userAgent == null ? "" : userAgent, USER_AGENT_MAX),
                    now,
                    now + LIFE.toMillis(),
                    (int) INTERVAL.toSeconds(),
                    details == null ? null : details.text()))
            .update();
        return new Begun(deviceCode, UserCodes.shown(userCode));
      } catch (DuplicateKeyException taken) {
        // another device has that code now
      }
    }
    throw new IllegalStateException("no free code could be drawn");
  }

  /**
   * Someone who is signed in types a code. Counted before it is looked up, by account and by
   * network; a right one is not held against either, nor forgives the wrong ones before it, since
   * whoever guesses may have a right one of their own to type in between.
   */
  public Entry enter(String typed, String accountId, String address) {
    String network = Network.of(address);
    if (lockOut.admit(LockOut.Credential.USER_CODE, accountId)
        instanceof LockOut.Admission.LockedOut(Duration remaining)) {
      return new Entry.TooMany(remaining);
    }
    if (lockOut.admit(LockOut.Credential.USER_CODE_OF_NETWORK, network)
        instanceof LockOut.Admission.LockedOut(Duration remaining)) {
      lockOut.takeBack(LockOut.Credential.USER_CODE, accountId);
      return new Entry.TooMany(remaining);
    }
    Optional<PairingRequest> found =
        UserCodes.read(typed).flatMap(code -> pending("user_code_mac", userMac(code)));
    if (found.isEmpty()) {
      return new Entry.Unknown();
    }
    lockOut.takeBack(LockOut.Credential.USER_CODE, accountId);
    lockOut.takeBack(LockOut.Credential.USER_CODE_OF_NETWORK, network);
    return new Entry.Found(found.get());
  }

  /** The request of this id, while it can be answered. */
  public Optional<PairingRequest> pending(String id) {
    return pending("id", id);
  }

  /**
   * Its owner lets the device in.
   *
   * @param granted of the scopes that it asked for
   * @return false where it was answered before, or came too late
   */
  public boolean approve(String id, SignedIn owner, Set<String> granted) {
    return Boolean.TRUE.equals(
        transaction.execute(
            _ -> {
              PairingRequest asked = pending(id).orElse(null);
              if (asked == null || granted.isEmpty() || !asked.scopes().containsAll(granted)) {
                return false;
              }
              boolean first =
                  jdbc.sql(
                              """
                              UPDATE pairing SET state = 'approved', user_code_mac = NULL,
                                account_id = ?, sid = ?, auth_time_ms = ?, acr = ?, amr = ?,
                                granted = ?
                              WHERE id = ? AND state = 'pending' AND expires_at_ms > ?
                              """)
                          .params(
                              owner.accountId(),
                              owner.sid(),
                              owner.authTime().toEpochMilli(),
                              owner.acr(),
                              String.join(" ", owner.amr()),
                              joined(granted),
                              id,
                              clock.millis())
                          .update()
                      == 1;
              if (first) {
                events.record(
                    Actor.user(owner.accountId()),
                    new SecurityEvent.PairingApproved(
                        owner.accountId(), asked.clientId(), granted));
              }
              return first;
            }));
  }

  /** Whoever was asked refuses. */
  public boolean deny(String id, String accountId) {
    return Boolean.TRUE.equals(
        transaction.execute(
            _ -> {
              PairingRequest asked = pending(id).orElse(null);
              boolean first =
                  asked != null
                      && jdbc.sql(
                                  """
                                  UPDATE pairing SET state = 'denied', user_code_mac = NULL
                                  WHERE id = ? AND state = 'pending' AND expires_at_ms > ?
                                  """)
                              .params(id, clock.millis())
                              .update()
                          == 1;
              if (asked != null && first) {
                events.record(
                    Actor.user(accountId),
                    new SecurityEvent.PairingDenied(accountId, asked.clientId()));
              }
              return first;
            }));
  }

  private record Row(
      String id,
      String clientId,
      @Nullable String jkt,
      String state,
      long expiresAt,
      int intervalSeconds,
      @Nullable Long polledAt) {}

  /**
   * A device asks for its tokens.
   *
   * @param jkt the key that it has shown
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public Poll poll(String deviceCode, String clientId, @Nullable String jkt) {
    Row row = deviceCode.length() > DEVICE_CODE_LENGTH_MAX ? null : lock(deviceCode).orElse(null);
    if (row == null || !row.clientId().equals(clientId)) {
      return new Poll.Unknown();
    }
    if (row.jkt() != null && !row.jkt().equals(jkt)) {
      return new Poll.OtherKey();
    }
    long now = clock.millis();
    return switch (row.state()) {
      case "redeemed" ->
          new Poll.Redeemed(
              jdbc.sql("SELECT authorization_id FROM pairing WHERE id = ?")
                  .param(row.id())
                  .query(String.class)
                  .single());
      case "denied" -> new Poll.Denied();
      case String _ when row.expiresAt() <= now -> new Poll.Expired();
      case String _ when tooSoon(row, now) -> {
        polled(
            row,
            now,
            Math.min(INTERVAL_SECONDS_MAX, row.intervalSeconds() + (int) INTERVAL.toSeconds()));
        yield new Poll.TooSoon();
      }
      case "approved" -> redeem(row, jkt);
      default -> {
        polled(row, now, row.intervalSeconds());
        yield new Poll.Pending();
      }
    };
  }

  /** A second of grace, for what lies between two machines. */
  private static boolean tooSoon(Row row, long now) {
    Long polledAt = row.polledAt();
    return polledAt != null && now - polledAt < (row.intervalSeconds() - 1) * 1000L;
  }

  private void polled(Row row, long now, int intervalSeconds) {
    jdbc.sql("UPDATE pairing SET polled_at_ms = ?, interval_s = ? WHERE id = ?")
        .params(now, intervalSeconds, row.id())
        .update();
  }

  private Poll redeem(Row row, @Nullable String jkt) {
    String authorizationId = ids.uuid7();
    int redeemed =
        jdbc.sql(
                """
                UPDATE pairing SET state = 'redeemed', authorization_id = ?
                WHERE id = ? AND state = 'approved'
                """)
            .params(authorizationId, row.id())
            .update();
    if (redeemed != 1) {
      throw new IllegalStateException("someone else redeemed what is locked");
    }
    return jdbc.sql(
            """
            SELECT account_id, sid, auth_time_ms, acr, amr, granted, request, address, user_agent
            FROM pairing WHERE id = ?
            """)
        .param(row.id())
        .query(
            (found, n) ->
                new Poll.Approved(
                    authorizationId,
                    found.getString("account_id"),
                    found.getString("sid"),
                    Instant.ofEpochMilli(found.getLong("auth_time_ms")),
                    found.getString("acr"),
                    List.of(found.getString("amr").split(" ")),
                    split(found.getString("granted")),
                    found.getString("request"),
                    jkt,
                    found.getString("address"),
                    found.getString("user_agent")))
        .single();
  }

  private Optional<Row> lock(String deviceCode) {
    return jdbc.sql(
            """
            SELECT id, client_id, jkt, state, expires_at_ms, interval_s, polled_at_ms
            FROM pairing WHERE device_code_mac = ? FOR UPDATE
            """)
        .param(deviceMac(deviceCode))
        .query(Pairings::row)
        .optional();
  }

  private static Row row(ResultSet row, int n) throws SQLException {
    long polled = row.getLong("polled_at_ms");
    Long polledAt = row.wasNull() ? null : polled;
    return new Row(
        row.getString("id"),
        row.getString("client_id"),
        row.getString("jkt"),
        row.getString("state"),
        row.getLong("expires_at_ms"),
        row.getInt("interval_s"),
        polledAt);
  }

  private Optional<PairingRequest> pending(String column, String value) {
    return jdbc.sql(
            "SELECT id, client_id, scopes, details, address, user_agent, requested_at_ms FROM"
                + " pairing WHERE state = 'pending' AND expires_at_ms > ? AND "
                + column
                + " = ?")
        .params(clock.millis(), value)
        .query(
            (row, n) ->
                clients
                    .find(row.getString("client_id"))
                    .map(
                        client -> {
                          try {
                            return new PairingRequest(
                                row.getString("id"),
                                client.clientId(),
                                client.name(),
                                split(row.getString("scopes")),
                                details(row.getString("details")),
                                row.getString("address"),
                                row.getString("user_agent"),
                                Instant.ofEpochMilli(row.getLong("requested_at_ms")));
                          } catch (SQLException e) {
                            throw new IllegalStateException("a row that was there is not", e);
                          }
                        }))
        .optional()
        .flatMap(found -> found);
  }

  private static @Nullable AuthorizationDetails details(@Nullable String text) {
    try {
      return text == null
          ? null
          : AuthorizationDetails.ofClaim(JSONArrayUtils.parse(text)).orElseThrow();
    } catch (ParseException e) {
      throw new IllegalStateException("stored authorization details are unreadable", e);
    }
  }

  @Scheduled(fixedDelayString = "PT1M", initialDelayString = "PT1M")
  void forget() {
    jdbc.sql("DELETE FROM pairing WHERE expires_at_ms < ?")
        .param(clock.millis() - REMEMBERED.toMillis())
        .update();
  }

  private String deviceMac(String code) {
    return mac(code, "pairing/device-code");
  }

  /** Keyed: 34 bits behind a plain digest would be found by trying. */
  private String userMac(String code) {
    return mac(code, "pairing/user-code");
  }

  private String mac(String text, String purpose) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(vault.mac(text.getBytes(UTF_8), purpose));
  }

  private static String joined(Set<String> values) {
    return String.join(" ", new TreeSet<>(values));
  }

  private static Set<String> split(String text) {
    return text.isEmpty() ? Set.of() : Set.of(text.split(" "));
  }

  private static String cut(String text, int charsMax) {
    String printable = text.replaceAll("\\p{Cntrl}", "");
    return printable.length() <= charsMax ? printable : printable.substring(0, charsMax);
  }
}
