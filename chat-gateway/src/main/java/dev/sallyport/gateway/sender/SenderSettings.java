package dev.sallyport.gateway.sender;

import jakarta.validation.constraints.NotNull;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Where the keys of the external sender are (decision 0003).
 *
 * @param file null: {@code external-sender-keys.json} in {@code sallyport.data}
 * @param rotateAfter at a start, a key older than this gets a successor; zero: never
 */
@Validated
@ConfigurationProperties("sallyport.external-sender")
record SenderSettings(@Nullable Path file, @NotNull @DefaultValue("365d") Duration rotateAfter) {
  SenderSettings {
    if (rotateAfter.isNegative()) {
      throw new IllegalArgumentException(
          "`sallyport.external-sender.rotate-after` must not be negative");
    }
  }
}
