package dev.sallyport.gateway.signal;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.gateway.signal.SecurityEvent.ClaimsChanged;
import dev.sallyport.gateway.signal.SecurityEvent.DeviceRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.GrantRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.KeyRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.Other;
import dev.sallyport.gateway.signal.SecurityEvent.PolicyActivated;
import dev.sallyport.gateway.signal.SecurityEvent.SessionRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.UserRevoked;
import java.text.ParseException;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 8417 claims with RFC 9493 subjects, as decision 0002 has them. */
class SetReaderTest {
  private static final String ISSUER = "https://issuer.test";
  private static final String CAEP = "https://schemas.openid.net/secevent/caep/event-type/";
  private static final String SALLYPORT = "https://sallyport.dev/secevent/";
  private static final String USER =
      "\"user\":{\"format\":\"iss_sub\",\"iss\":\"" + ISSUER + "\",\"sub\":\"u\"}";

  private final SetReader reader = new SetReader(ISSUER);

  private Optional<SecurityEvent> read(String json) throws ParseException {
    return reader.read(JWTClaimsSet.parse(JSONObjectUtils.parse(json)));
  }

  private static String set(String subject, String type, String event) {
    return "{\"sub_id\":{\"format\":\"complex\","
        + subject
        + "},\"events\":{\""
        + type
        + "\":"
        + event
        + "}}";
  }

  @Test
  void read_keyRevoked() throws ParseException {
    assertThat(
            read(
                "{\"events\":{\""
                    + SALLYPORT
                    + "key-revoked\":{\"event_timestamp\":1000,\"purpose\":\"token\",\"kid\":\"k\"}}}"))
        .contains(new KeyRevoked("k"));
    assertThat(read("{\"events\":{\"" + SALLYPORT + "key-revoked\":{\"kid\":7}}}")).isEmpty();
  }

  @Test
  void read_accountClosed() throws ParseException {
    String purged = "https://schemas.openid.net/secevent/risc/event-type/account-purged";
    assertThat(read(set(USER, purged, "{\"event_timestamp\":1000}")))
        .contains(new SecurityEvent.AccountClosed("u"));
    assertThat(read(set(USER.replace(ISSUER, "https://other.test"), purged, "{}"))).isEmpty();
  }

  @Test
  void read_eachType() throws ParseException {
    String at = "{\"event_timestamp\":1000}";
    assertThat(
            read(
                set(
                    USER + ",\"session\":{\"format\":\"opaque\",\"id\":\"s\"}",
                    CAEP + "session-revoked",
                    at)))
        .contains(new SessionRevoked("u", "s"));
    assertThat(read(set(USER, CAEP + "session-revoked", at)))
        .contains(new UserRevoked("u", Instant.ofEpochSecond(1000)));
    assertThat(
            read(
                set(
                    USER,
                    "https://sallyport.dev/secevent/grant-revoked",
                    "{\"event_timestamp\":1000,\"grant_id\":\"g\","
                        + "\"initiating_entity\":\"system\"}")))
        .contains(new GrantRevoked("u", "g"));
    assertThat(
            read(
                set(
                    USER + ",\"device\":{\"format\":\"opaque\",\"id\":\"d\"}",
                    CAEP + "credential-change",
                    "{\"credential_type\":\"x-device\",\"change_type\":\"revoke\"}")))
        .contains(new DeviceRevoked("u", "d"));
    assertThat(
            read(
                set(
                    USER,
                    CAEP + "token-claims-change",
                    "{\"event_timestamp\":1000,\"claims\":{\"roles\":[\"r\"],\"groups\":[],"
                        + "\"attributes\":{\"department\":\"x\"}}}")))
        .get()
        .isInstanceOfSatisfying(
            ClaimsChanged.class,
            changed -> {
              assertThat(changed.claims().roles()).containsExactly("r");
              assertThat(changed.issuedUpTo()).isEqualTo(Instant.ofEpochSecond(1000));
            });
    assertThat(
            read(
                "{\"events\":{\"https://sallyport.dev/secevent/policy-activated\":{\"version\":7}}}"))
        .contains(new PolicyActivated(7));
    assertThat(read("{\"events\":{\"https://example.test/other\":{}}}")).contains(new Other());
    assertThat(
            read(
                set(
                    USER,
                    CAEP + "credential-change",
                    "{\"credential_type\":\"password\",\"change_type\":\"update\"}")))
        .contains(new Other());
  }

  /**
   * Of a type we act on, and not as it must be: it may revoke something, so it is no {@link Other}.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"events\":[]}",
        "{\"events\":{}}",
        "{\"events\":{\"https://a.test/\":{},\"https://b.test/\":{}}}",
        "{\"events\":{\"https://a.test/\":1}}",
        "{\"events\":{\"C/session-revoked\":{\"event_timestamp\":1}}}",
        "{\"sub_id\":{\"format\":\"complex\",U},\"events\":{\"C/session-revoked\":{}}}",
        "{\"sub_id\":{\"format\":\"complex\",U},"
            + "\"events\":{\"C/session-revoked\":{\"event_timestamp\":-1}}}",
        "{\"sub_id\":{\"format\":\"complex\",U},"
            + "\"events\":{\"C/session-revoked\":{\"event_timestamp\":1e300}}}",
        "{\"sub_id\":{\"format\":\"iss_sub\",U},"
            + "\"events\":{\"C/session-revoked\":{\"event_timestamp\":1}}}",
        "{\"sub_id\":{\"format\":\"complex\",\"user\":"
            + "{\"format\":\"iss_sub\",\"iss\":\"https://other.test\",\"sub\":\"u\"}},"
            + "\"events\":{\"C/session-revoked\":{\"event_timestamp\":1}}}",
        "{\"sub_id\":{\"format\":\"complex\",U,\"session\":\"s\"},"
            + "\"events\":{\"C/session-revoked\":{\"event_timestamp\":1}}}",
        "{\"sub_id\":{\"format\":\"complex\",U,\"session\":{\"format\":\"opaque\",\"id\":\"\"}},"
            + "\"events\":{\"C/session-revoked\":{\"event_timestamp\":1}}}",
        "{\"sub_id\":{\"format\":\"complex\",U},\"events\":{\"C/credential-change\":"
            + "{\"credential_type\":\"x-device\",\"change_type\":\"revoke\"}}}",
        "{\"sub_id\":{\"format\":\"complex\",U},"
            + "\"events\":{\"C/token-claims-change\":{\"event_timestamp\":1}}}",
        "{\"sub_id\":{\"format\":\"complex\",U},\"events\":{\"C/token-claims-change\":"
            + "{\"event_timestamp\":1,\"claims\":{\"roles\":\"r\"}}}}",
        "{\"sub_id\":{\"format\":\"complex\",U},\"events\":{\"C/token-claims-change\":"
            + "{\"event_timestamp\":1,\"claims\":{\"attributes\":{\"a\":1.5}}}}}",
        "{\"sub_id\":{\"format\":\"complex\",U},"
            + "\"events\":{\"S/grant-revoked\":{\"event_timestamp\":1}}}",
        "{\"sub_id\":{\"format\":\"complex\",U},\"events\":"
            + "{\"S/grant-revoked\":{\"event_timestamp\":1,\"grant_id\":\"\"}}}",
        "{\"sub_id\":{\"format\":\"complex\",U},\"events\":"
            + "{\"S/grant-revoked\":{\"event_timestamp\":1,\"grant_id\":7}}}",
        "{\"sub_id\":{\"format\":\"complex\",U},"
            + "\"events\":{\"S/grant-revoked\":{\"grant_id\":\"g\"}}}",
        "{\"events\":{\"S/grant-revoked\":{\"event_timestamp\":1,\"grant_id\":\"g\"}}}",
        "{\"events\":{\"https://sallyport.dev/secevent/policy-activated\":{\"version\":0}}}",
        "{\"events\":{\"https://sallyport.dev/secevent/policy-activated\":{\"version\":\"7\"}}}",
      })
  void read_ofAKnownTypeAndWithoutSense_isEmpty(String json) throws ParseException {
    assertThat(read(json.replace("C/", CAEP).replace("S/", SALLYPORT).replace("U", USER)))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void read_random_neverThrowsAndNamesNobodyItWasNotTold(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 5_000; i++) {
      String json =
          "{\"sub_id\":"
              + value(random, 4)
              + ",\"events\":{\""
              + type(random)
              + "\":"
              + value(random, 3)
              + "}}";
      Optional<SecurityEvent> read;
      try {
        read = read(json);
      } catch (ParseException e) {
        continue;
      }
      read.ifPresent(
          event -> {
            switch (event) {
              case SessionRevoked(String user, String sid) ->
                  assertThat(json)
                      .as("seed %d", seed)
                      .contains("\"" + user + "\"", "\"" + sid + "\"");
              case GrantRevoked(String user, String grant) ->
                  assertThat(json)
                      .as("seed %d", seed)
                      .contains("\"" + user + "\"", "\"" + grant + "\"");
              case UserRevoked(String user, Instant upTo) ->
                  assertThat(json).as("seed %d", seed).contains("\"" + user + "\"");
              case SecurityEvent.AccountClosed(String user) ->
                  assertThat(json).as("seed %d", seed).contains("\"" + user + "\"");
              case DeviceRevoked(String user, String device) ->
                  assertThat(json).as("seed %d", seed).contains("\"" + device + "\"");
              case ClaimsChanged changed ->
                  assertThat(json).as("seed %d", seed).contains("\"claims\"");
              case PolicyActivated(long version) -> assertThat(version).isPositive();
              case KeyRevoked(String kid) -> assertThat(json).as("seed %d", seed).contains(kid);
              case Other other -> {}
            }
          });
    }
  }

  private static String type(Random random) {
    String[] types = {"session-revoked", "token-claims-change", "credential-change", "x"};
    return random.nextInt(4) == 0
        ? SALLYPORT + (random.nextBoolean() ? "policy-activated" : "grant-revoked")
        : CAEP + types[random.nextInt(types.length)];
  }

  private static final String[] NAMES = {
    "format",
    "user",
    "session",
    "device",
    "iss",
    "sub",
    "id",
    "event_timestamp",
    "claims",
    "roles",
    "groups",
    "attributes",
    "credential_type",
    "change_type",
    "version",
    "grant_id"
  };

  private static final String[] VALUES = {
    "null", "0", "1", "-1", "1e300", "9223372036854775807", "\"complex\"", "\"iss_sub\"",
    "\"opaque\"", "\"" + ISSUER + "\"", "\"x-device\"", "\"revoke\"", "\"a\"", "\"\"", "true", "[]",
    "[\"a\"]", "[1]"
  };

  private static String value(Random random, int depth) {
    if (depth == 0 || random.nextInt(3) == 0) {
      return VALUES[random.nextInt(VALUES.length)];
    }
    var json = new StringBuilder("{");
    for (String name : NAMES) {
      if (random.nextInt(2) == 0) {
        json.append(json.length() > 1 ? "," : "")
            .append('"' + name + "\":")
            .append(likely(name, random, depth));
      }
    }
    return json.append('}').toString();
  }

  /** Often what belongs there, so that the deeper steps are reached. */
  private static String likely(String name, Random random, int depth) {
    if (random.nextInt(4) == 0) {
      return value(random, depth - 1);
    }
    return switch (name) {
      case "format" -> VALUES[6 + random.nextInt(3)];
      case "iss" -> VALUES[9];
      case "credential_type" -> VALUES[10];
      case "change_type" -> VALUES[11];
      case "sub", "id", "grant_id" -> "\"a\"";
      case "event_timestamp", "version" -> "1";
      default -> value(random, depth - 1);
    };
  }
}
