package dev.sallyport.auth.password;

import dev.sallyport.auth.installation.SettingRefused;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Argon2id (RFC 9106). Hashes made with other parameters stay valid and are renewed at their
 * owner's next sign-in.
 *
 * @param memoryKib memory of one hash
 * @param hashesMax so many run at once; 0: as many as there are processors, and as fit into a
 *     quarter of the heap
 * @param lengthMin shortest new password, in characters
 */
@ConfigurationProperties("sallyport.password")
record PasswordSettings(
    @DefaultValue("19456") int memoryKib,
    @DefaultValue("2") int iterations,
    @DefaultValue("1") int parallelism,
    @DefaultValue("0") int hashesMax,
    @DefaultValue("12") int lengthMin) {

  PasswordSettings {
    if (memoryKib < 8 * parallelism || iterations < 1 || parallelism < 1 || parallelism > 64) {
      throw new SettingRefused(
          "`sallyport.password` needs iterations and parallelism of at least 1, and 8 KiB of memory for each lane");
    }
    if (lengthMin < 8 || lengthMin > 64) {
      throw new SettingRefused("`sallyport.password.length-min` must be between 8 and 64");
    }
  }

  /** Of the heap; the rest is for everyone else. */
  private static final int HASHES_SHARE = 4;

  /**
   * How many may run at once.
   *
   * @param heapBytes the most that the JVM will use
   */
  int hashesAtOnce(int processors, long heapBytes) {
    long fitting = heapBytes / HASHES_SHARE / (memoryKib * 1024L);
    return hashesMax > 0 ? hashesMax : (int) Math.max(1, Math.min(processors, fitting));
  }
}
