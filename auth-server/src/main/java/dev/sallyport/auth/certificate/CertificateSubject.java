package dev.sallyport.auth.certificate;

import java.net.InetAddress;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * Whom a certificate must name for a client that authenticates by {@code tls_client_auth} (RFC 8705
 * §2.1.2).
 *
 * @param value as the client is registered with it
 */
public record CertificateSubject(Kind kind, String value) {

  private static final int LENGTH_MAX = 500;

  private static final Pattern SPACES = Pattern.compile(" +");

  /** Where in the certificate it is. */
  public enum Kind {
    SUBJECT_DN("tls_client_auth_subject_dn", 0),
    SAN_DNS("tls_client_auth_san_dns", 2),
    SAN_URI("tls_client_auth_san_uri", 6),
    SAN_IP("tls_client_auth_san_ip", 7),
    SAN_EMAIL("tls_client_auth_san_email", 1);

    private final String member;

    /** Of the GeneralName (RFC 5280 §4.2.1.6). */
    private final int tag;

    Kind(String member, int tag) {
      this.member = member;
      this.tag = tag;
    }

    /** The client metadata that holds it. */
    public String member() {
      return member;
    }
  }

  /**
   * Attributes that the JDK has no name for, and that certificates of banks have (ETSI EN 319 412):
   * with a name their values are compared as text, whatever string type encodes them.
   */
  private static final Map<String, String> NAMES =
      Map.of(
          "2.5.4.97", "ORGANIZATIONIDENTIFIER",
          "2.5.4.15", "BUSINESSCATEGORY",
          "2.5.4.5", "SERIALNUMBER",
          "2.5.4.4", "SURNAME",
          "2.5.4.42", "GIVENNAME",
          "1.2.840.113549.1.9.1", "EMAILADDRESS",
          "1.3.6.1.4.1.311.60.2.1.1", "JURISDICTIONL",
          "1.3.6.1.4.1.311.60.2.1.2", "JURISDICTIONST",
          "1.3.6.1.4.1.311.60.2.1.3", "JURISDICTIONC");

  private static final Map<String, String> OIDS = oids();

  private static Map<String, String> oids() {
    Map<String, String> oids = new HashMap<>();
    NAMES.forEach((oid, name) -> oids.put(name, oid));
    return Map.copyOf(oids);
  }

  /** Whether it can be compared with anything. */
  public boolean readable() {
    if (value.isBlank() || value.length() > LENGTH_MAX) {
      return false;
    }
    return switch (kind) {
      case SUBJECT_DN -> name(value).isPresent();
      case SAN_IP -> address(value) != null;
      case SAN_DNS -> !value.contains("*");
      case SAN_URI, SAN_EMAIL -> true;
    };
  }

  /** Whether the certificate names it. */
  boolean named(X509Certificate certificate) {
    if (kind == Kind.SUBJECT_DN) {
      return name(value)
          .flatMap(expected -> name(certificate.getSubjectX500Principal()).map(expected::equals))
          .orElse(false);
    }
    Collection<List<?>> names;
    try {
      names = certificate.getSubjectAlternativeNames();
    } catch (CertificateParsingException malformed) {
      return false;
    }
    return names != null
        && names.stream()
            .anyMatch(
                name ->
                    name.get(0) instanceof Integer tag
                        && tag == kind.tag
                        && name.get(1) instanceof String text
                        && same(text));
  }

  private boolean same(String text) {
    return switch (kind) {
      case SUBJECT_DN -> false;
      case SAN_DNS -> value.equalsIgnoreCase(text);
      case SAN_URI -> value.equals(text);
      case SAN_IP -> {
        InetAddress expected = address(value);
        yield expected != null && expected.equals(address(text));
      }
      // RFC 5280 §7.5: the host part alone is alike in either case
      case SAN_EMAIL -> mailbox(value).equals(mailbox(text));
    };
  }

  private static String mailbox(String text) {
    int at = text.lastIndexOf('@') + 1;
    return text.substring(0, at) + text.substring(at).toLowerCase(Locale.ROOT);
  }

  private static @Nullable InetAddress address(String text) {
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException notAnAddress) {
      return null;
    }
  }

  /** RFC 4514 text; empty if it is none. */
  private static Optional<String> name(String text) {
    try {
      // read again from its encoding, which puts the parts of a set in their order
      return name(new X500Principal(new X500Principal(text, OIDS).getEncoded()));
    } catch (IllegalArgumentException malformed) {
      return Optional.empty();
    }
  }

  /**
   * In its order, in one spelling, without regard to case and repeated spaces (RFC 4517 §4.2.11);
   * empty if it names nobody.
   */
  private static Optional<String> name(X500Principal principal) {
    String name = principal.getName(X500Principal.RFC2253, NAMES);
    return name.isEmpty()
        ? Optional.empty()
        : Optional.of(SPACES.matcher(name).replaceAll(" ").toLowerCase(Locale.ROOT));
  }
}
