package dev.sallyport.auth.signup;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sallyport.auth.vault.RandomIds;
import dev.sallyport.auth.vault.Vault;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Optional;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** The links that are out, as rows that only check them. */
@Component
class SignUpLinks {

  private static final int TOKEN_BYTES = 32;
  private static final int TOKEN_LENGTH = 43;
  private static final String PURPOSE = "sign-up-link";

  private final JdbcTemplate jdbc;
  private final Vault vault;
  private final RandomIds ids;
  private final Clock clock;

  SignUpLinks(JdbcTemplate jdbc, Vault vault, RandomIds ids, Clock clock) {
    this.jdbc = jdbc;
    this.vault = vault;
    this.ids = ids;
    this.clock = clock;
  }

  /** Makes a link; what is returned goes into the mail and nowhere else. */
  @Transactional(propagation = Propagation.MANDATORY)
  public String make(String email, Duration life) {
    String token = ids.base64url(TOKEN_BYTES);
    jdbc.update(
        "insert into sign_up (token_hash, email, expires_at) values (?, ?, ?)",
        hash(token),
        email,
        at(clock.instant().plus(life)));
    return token;
  }

  /** The address that the link of this token was sent to, if it is good. */
  @Transactional(readOnly = true)
  public Optional<String> find(String token) {
    if (token.length() != TOKEN_LENGTH) {
      return Optional.empty();
    }
    return jdbc
        .query(
            "select email from sign_up where token_hash = ? and expires_at > ?",
            (row, _) -> row.getString(1),
            hash(token),
            at(clock.instant()))
        .stream()
        .findFirst();
  }

  /** Spends it: of two at the same time, on whichever nodes, one gets true. */
  @Transactional(propagation = Propagation.MANDATORY)
  public boolean spend(String token) {
    return jdbc.update(
            "delete from sign_up where token_hash = ? and expires_at > ?",
            hash(token),
            at(clock.instant()))
        == 1;
  }

  /** There is an account now: whatever else was sent to this address makes no other. */
  @Transactional(propagation = Propagation.MANDATORY)
  public void forget(String email) {
    jdbc.update("delete from sign_up where email = ?", email);
  }

  @Scheduled(fixedDelayString = "PT1H", initialDelayString = "PT5M")
  @Transactional
  public void forgetExpired() {
    jdbc.update("delete from sign_up where expires_at < ?", at(clock.instant()));
  }

  private String hash(String token) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(vault.mac(token.getBytes(UTF_8), PURPOSE));
  }

  private static OffsetDateTime at(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
