package dev.sallyport.gateway.door;

import dev.sallyport.gateway.issuer.IssuerSettings;
import java.net.URI;
import java.util.HashSet;
import java.util.Set;
import org.springframework.stereotype.Component;

/** Which browser applications may talk to the gateway: its own origin and those in settings. */
@Component
public final class AllowedOrigins {
  private final Set<String> origins;

  AllowedOrigins(IssuerSettings issuer, DoorSettings settings) {
    Set<String> all = new HashSet<>(settings.allowedOrigins());
    URI own = issuer.publicUrl();
    int defaultPort = "https".equals(own.getScheme()) ? 443 : 80;
    all.add(
        own.getScheme()
            + "://"
            + own.getHost()
            + (own.getPort() < 0 || own.getPort() == defaultPort ? "" : ":" + own.getPort()));
    this.origins = Set.copyOf(all);
  }

  /** Whether an {@code Origin} header of that text may come in. */
  public boolean allows(String origin) {
    return origins.contains(origin);
  }

  Set<String> origins() {
    return origins;
  }
}
