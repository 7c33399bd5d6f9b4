package dev.sallyport.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;

/** A person's authenticator app: Debian's {@code oathtool}, which is not ours. */
public final class Authenticator {

  private static final long STEP_SECONDS = 30;
  private static final DateTimeFormatter OATHTOOL_TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'").withZone(ZoneOffset.UTC);

  private final String secret;
  private long lastStep;

  private Authenticator(String secret) {
    this.secret = secret;
  }

  /** From what a QR code says: {@code otpauth://totp/…?secret=…}. */
  public static Authenticator scan(String otpauth) {
    var uri = URI.create(otpauth);
    Map<String, String> query = new HashMap<>();
    for (var pair : uri.getRawQuery().split("&", -1)) {
      var parts = pair.split("=", 2);
      query.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    var secret = query.get("secret");
    if (!"otpauth".equals(uri.getScheme()) || !"totp".equals(uri.getHost()) || secret == null) {
      throw new AssertionError("not a TOTP enrolment");
    }
    return new Authenticator(secret);
  }

  String secret() {
    return secret;
  }

  /** A code that was not used yet; where the last one is of this step, the next step's. */
  public String freshCode() {
    long step = Math.max(Instant.now().getEpochSecond() / STEP_SECONDS, lastStep + 1);
    // Servers take one step ahead, no more.
    while (Instant.now().getEpochSecond() / STEP_SECONDS < step - 1) {
      Wait.pause();
    }
    lastStep = step;
    return codeAt(step);
  }

  /** The code that {@link #freshCode} gave last. */
  String usedCode() {
    return codeAt(lastStep);
  }

  /** A code of no step near now. */
  String wrongCode() {
    long now = Instant.now().getEpochSecond() / STEP_SECONDS;
    for (long step = now + 1000; ; step++) {
      var code = codeAt(step);
      boolean near = false;
      for (long other = now - 3; other <= now + 3; other++) {
        near |= code.equals(codeAt(other));
      }
      if (!near) {
        return code;
      }
    }
  }

  private String codeAt(long step) {
    var time = OATHTOOL_TIME.format(Instant.ofEpochSecond(step * STEP_SECONDS));
    try {
      // The secret goes by stdin: a command line can be read by everyone on the machine.
      var process =
          new ProcessBuilder("oathtool", "--totp", "--base32", "--now", time, "-")
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (var input = process.outputWriter(StandardCharsets.US_ASCII)) {
        input.write(secret + "\n");
      }
      var code = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      if (process.waitFor() != 0) {
        throw new IllegalStateException("`oathtool` failed");
      }
      return code.strip();
    } catch (IOException e) {
      throw new UncheckedIOException("`oathtool` cannot be run (Debian package oathtool)", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
