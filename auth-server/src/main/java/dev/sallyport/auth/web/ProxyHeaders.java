package dev.sallyport.auth.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * First of all filters: what proxies say of a request ({@code X-Forwarded-For}, {@code
 * X-Forwarded-Proto}, and {@code Client-Cert} of RFC 9440) is taken over from the trusted ones.
 * Nobody behind this filter sees such a header, from whomever it came, so that none can be believed
 * by mistake.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class ProxyHeaders extends OncePerRequestFilter {

  /** Where the servlet specification puts the certificates of a TLS client. */
  static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

  /** No path to us has more proxies than that. */
  private static final int HOPS_MAX = 16;

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
    try {
      List<X509Certificate> certificates =
          ClientCertificate.parse(
              Collections.list(request.getHeaders(ClientCertificate.HEADER)),
              Collections.list(request.getHeaders(ClientCertificate.CHAIN_HEADER)));
      // the connection to the proxy may have a certificate of its own, which is not the client's
      request.removeAttribute(CERTIFICATES);
      if (!certificates.isEmpty()) {
        request.setAttribute(CERTIFICATES, certificates.toArray(X509Certificate[]::new));
      }
    } catch (CertificateException e) {
      response.sendError(HttpServletResponse.SC_BAD_REQUEST);
      return;
    }
    chain.doFilter(new Cleaned(request, client(request), scheme(request)), response);
  }

  /**
   * The nearest address that is not one of ours: each proxy appends whom it heard from, and further
   * left anyone may lie.
   */
  private @Nullable String client(HttpServletRequest request) {
    List<String> hops = new ArrayList<>();
    for (String header : Collections.list(request.getHeaders("X-Forwarded-For"))) {
      hops.addAll(List.of(header.split(",", HOPS_MAX + 1)));
    }
    for (int i = hops.size() - 1; i >= 0 && hops.size() - i <= HOPS_MAX; i--) {
      String hop = hops.get(i).strip();
      if (!TrustedProxies.isAddress(hop)) {
        return null;
      }
      if (!proxies.contains(hop)) {
        return hop;
      }
    }
    return null;
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
  private static final class Cleaned extends HttpServletRequestWrapper {

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
}
