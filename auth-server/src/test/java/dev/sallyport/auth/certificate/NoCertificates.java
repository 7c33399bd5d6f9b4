package dev.sallyport.auth.certificate;

import java.time.Clock;

/** An installation that asks for no client certificates. */
public final class NoCertificates {

  private NoCertificates() {}

  public static MutualTls asked() {
    return new MutualTls(new MutualTlsSettings(null, null, null, null), Clock.systemUTC());
  }
}
