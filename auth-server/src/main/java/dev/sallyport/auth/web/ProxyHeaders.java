package dev.sallyport.auth.web;

import dev.sallyport.auth.certificate.MutualTls;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * First of all filters: what proxies say of a request ({@code X-Forwarded-For}, {@code
 * X-Forwarded-Proto}, and {@code Client-Cert} of RFC 9440) is taken over from the trusted ones, and
 * what cannot be read of it is a bad request. Nobody behind this filter sees such a header, from
 * whomever it came, so that none can be believed by mistake.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class ProxyHeaders extends OncePerRequestFilter {

  private final TrustedProxies proxies;

  ProxyHeaders(TrustedProxies proxies) {
    this.proxies = proxies;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    if (!proxies.contains(request.getRemoteAddr())) {
      chain.doFilter(new Cleaned(request, null, null), response);
      return;
    }
    Optional<String> client = client(request);
    if (client.isEmpty()) {
      response.sendError(HttpServletResponse.SC_BAD_REQUEST);
      return;
    }
    List<X509Certificate> certificates;
    try {
      certificates =
          ClientCertificate.parse(
              Collections.list(request.getHeaders(ClientCertificate.HEADER)),
              Collections.list(request.getHeaders(ClientCertificate.CHAIN_HEADER)));
    } catch (CertificateException e) {
      response.sendError(HttpServletResponse.SC_BAD_REQUEST);
      return;
    }
    chain.doFilter(new Forwarded(request, client.get(), scheme(request), certificates), response);
  }

  /**
   * The nearest address that is not one of ours: each proxy appends whom it heard from, and further
   * left anyone may lie. Where all are ours, the farthest of them is who asked; without a header
   * the proxy asks for itself.
   *
   * <p>Read from the right, so that nothing a client puts in front changes what is believed; the
   * server's bound of a request's headers bounds the work.
   *
   * @return empty: a hop that must be believed is no address. Whose request it is cannot be known
   *     then, and the proxy must not be taken for the client: it may be let in where the client is
   *     not.
   */
  private Optional<String> client(HttpServletRequest request) {
    String nearest = request.getRemoteAddr();
    List<String> headers = Collections.list(request.getHeaders("X-Forwarded-For"));
    for (String header : headers.reversed()) {
      int end = header.length();
      while (end >= 0) {
        int comma = header.lastIndexOf(',', end - 1);
        Optional<String> hop = TrustedProxies.canonical(header.substring(comma + 1, end).strip());
        if (hop.isEmpty()) {
          return Optional.empty();
        }
        nearest = hop.get();
        if (!proxies.contains(nearest)) {
          return Optional.of(nearest);
        }
        end = comma;
      }
    }
    return Optional.of(nearest);
  }

  private static @Nullable String scheme(HttpServletRequest request) {
    String proto = request.getHeader("X-Forwarded-Proto");
    return "https".equals(proto) || "http".equals(proto) ? proto : null;
  }

  private static boolean proxyHeader(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.startsWith("x-forwarded-")
        || lower.equals("forwarded")
        || lower.equals("x-real-ip")
        || lower.equals("client-cert")
        || lower.equals("client-cert-chain");
  }

  /** The request without proxies' headers, and with what they said where it is believed. */
  private static class Cleaned extends HttpServletRequestWrapper {

    private final @Nullable String client;
    private final @Nullable String scheme;

    Cleaned(HttpServletRequest request, @Nullable String client, @Nullable String scheme) {
      super(request);
      this.client = client;
      this.scheme = scheme;
    }

    @Override
    public String getRemoteAddr() {
      return client != null ? client : super.getRemoteAddr();
    }

    @Override
    public String getRemoteHost() {
      return client != null ? client : super.getRemoteHost();
    }

    @Override
    public String getScheme() {
      return scheme != null ? scheme : super.getScheme();
    }

    @Override
    public boolean isSecure() {
      return scheme != null ? scheme.equals("https") : super.isSecure();
    }

    @Override
    public @Nullable String getHeader(String name) {
      return proxyHeader(name) ? null : super.getHeader(name);
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
      return proxyHeader(name) ? Collections.emptyEnumeration() : super.getHeaders(name);
    }

    @Override
    public Enumeration<String> getHeaderNames() {
      return Collections.enumeration(
          Collections.list(super.getHeaderNames()).stream()
              .filter(name -> !proxyHeader(name))
              .toList());
    }
  }

  /**
   * With the certificates that the proxy names, and no others: its own connection may have one,
   * which is not the client's, and which Tomcat would bring back after it was removed.
   */
  private static final class Forwarded extends Cleaned {

    private final List<X509Certificate> certificates;

    Forwarded(
        HttpServletRequest request,
        String client,
        @Nullable String scheme,
        List<X509Certificate> certificates) {
      super(request, client, scheme);
      this.certificates = certificates;
    }

    @Override
    public @Nullable Object getAttribute(String name) {
      if (!name.equals(MutualTls.CERTIFICATES)) {
        return super.getAttribute(name);
      }
      return certificates.isEmpty() ? null : certificates.toArray(X509Certificate[]::new);
    }
  }
}
