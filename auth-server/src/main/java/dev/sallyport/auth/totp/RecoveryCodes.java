package dev.sallyport.auth.totp;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sallyport.auth.vault.Vault;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Codes that stand in for a lost authenticator, once each. They have 80 random bits, so a keyed
 * hash keeps them as safe as a slow one would.
 */
@Component
class RecoveryCodes {

  static final int COUNT = 10;

  private static final int CODE_BYTES = 10;
  private static final int GROUP = 4;
  private static final String PURPOSE = "recovery-code/";

  private final JdbcTemplate jdbc;
  private final Vault vault;
  private final SecureRandom random;
  private final Clock clock;

  RecoveryCodes(JdbcTemplate jdbc, Vault vault, SecureRandom random, Clock clock) {
    this.jdbc = jdbc;
    this.vault = vault;
    this.random = random;
    this.clock = clock;
  }

  /** Makes new ones in place of all before. They are in clear here and nowhere else. */
  @Transactional(propagation = Propagation.MANDATORY)
  public List<String> renew(String accountId) {
    forget(accountId);
    List<String> codes = new ArrayList<>(COUNT);
    for (int i = 0; i < COUNT; i++) {
      byte[] bytes = new byte[CODE_BYTES];
      random.nextBytes(bytes);
      String code = Base32.encode(bytes).toLowerCase(Locale.ROOT);
      jdbc.update(
          "insert into recovery_code (account_id, code_hash) values (?, ?)",
          accountId,
          hash(accountId, code));
      codes.add(grouped(code));
    }
    return List.copyOf(codes);
  }

  /** None of them opens anything any longer. */
  @Transactional(propagation = Propagation.MANDATORY)
  public void forget(String accountId) {
    jdbc.update("delete from recovery_code where account_id = ?", accountId);
  }

  /** Spends a code; false when it is none or was spent before. */
  @Transactional
  public boolean spend(String accountId, String typed) {
    String code = typed.replaceAll("[\\s-]", "").toLowerCase(Locale.ROOT);
    return jdbc.update(
            "update recovery_code set used_at = ?"
                + " where account_id = ? and code_hash = ? and used_at is null",
            clock.instant().atOffset(ZoneOffset.UTC),
            accountId,
            hash(accountId, code))
        == 1;
  }

  /** How many are left. */
  @Transactional(readOnly = true)
  public int left(String accountId) {
    Integer left =
        jdbc.queryForObject(
            "select count(*) from recovery_code where account_id = ? and used_at is null",
            Integer.class,
            accountId);
    return left == null ? 0 : left;
  }

  private String hash(String accountId, String code) {
    byte[] mac = vault.mac(code.getBytes(US_ASCII), PURPOSE + accountId);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(mac);
  }

  private static String grouped(String code) {
    return String.join("-", code.split("(?<=\\G.{" + GROUP + "})"));
  }
}
