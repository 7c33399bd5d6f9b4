package dev.sallyport.auth.federation;

import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.installation.SettingRefused;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpRequest;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.stereotype.Component;

/**
 * How this server fetches from others: no redirects, seconds to connect and to answer, a bound on
 * what is read, and the trust anchors of {@code sallyport.trust-pem} beside the JDK's.
 */
@Component
class OutgoingHttp implements ClientHttpRequestInterceptor {

  /** Metadata, key sets and token responses are a few KiB. */
  static final int BODY_BYTES_MAX = 256 * 1024;

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);
  private static final int PEM_BYTES_MAX = 4 * 1024 * 1024;

  private final JdkClientHttpRequestFactory requests;

  OutgoingHttp(Installation installation) {
    HttpClient.Builder client =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT_TIMEOUT)
            .followRedirects(HttpClient.Redirect.NEVER);
    Path pem = installation.trustPem();
    if (pem != null) {
      client.sslContext(tls(pem));
    }
    this.requests = new JdkClientHttpRequestFactory(client.build());
    this.requests.setReadTimeout(ANSWER_TIMEOUT);
  }

  JdkClientHttpRequestFactory requests() {
    return requests;
  }

  @Override
  public ClientHttpResponse intercept(
      HttpRequest request, byte[] body, ClientHttpRequestExecution execution) throws IOException {
    return new BoundedResponse(execution.execute(request, body));
  }

  /** Reads the body at once, up to the bound. */
  private static final class BoundedResponse implements ClientHttpResponse {

    private final ClientHttpResponse response;
    private byte @Nullable [] body;

    BoundedResponse(ClientHttpResponse response) {
      this.response = response;
    }

    @Override
    public InputStream getBody() throws IOException {
      if (body == null) {
        byte[] read = response.getBody().readNBytes(BODY_BYTES_MAX + 1);
        if (read.length > BODY_BYTES_MAX) {
          throw new IOException("the answer is longer than " + BODY_BYTES_MAX + " bytes");
        }
        body = read;
      }
      return new ByteArrayInputStream(body);
    }

    @Override
    public HttpStatusCode getStatusCode() throws IOException {
      return response.getStatusCode();
    }

    @Override
    public String getStatusText() throws IOException {
      return response.getStatusText();
    }

    @Override
    public HttpHeaders getHeaders() {
      return response.getHeaders();
    }

    @Override
    public void close() {
      response.close();
    }
  }

  private static SSLContext tls(Path pem) {
    try {
      if (Files.size(pem) > PEM_BYTES_MAX) {
        throw new SettingRefused("`sallyport.trust-pem` is larger than 4 MiB: `" + pem + "`");
      }
      KeyStore anchors = KeyStore.getInstance(KeyStore.getDefaultType());
      anchors.load(null, null);
      int count = 0;
      try (InputStream in = Files.newInputStream(pem)) {
        for (Certificate certificate :
            CertificateFactory.getInstance("X.509").generateCertificates(in)) {
          anchors.setCertificateEntry("sallyport-" + count++, certificate);
        }
      }
      if (count == 0) {
        throw new SettingRefused("`sallyport.trust-pem` holds no certificate: `" + pem + "`");
      }
      for (X509Certificate anchor : jdkAnchors()) {
        anchors.setCertificateEntry("jdk-" + count++, anchor);
      }
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust(anchors), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new SettingRefused(
          "cannot read `sallyport.trust-pem` `" + pem + "`: " + e.getMessage(), e);
    }
  }

  private static List<X509Certificate> jdkAnchors() throws GeneralSecurityException {
    for (TrustManager manager : trust(null)) {
      if (manager instanceof X509TrustManager x509) {
        return List.of(x509.getAcceptedIssuers());
      }
    }
    return List.of();
  }

  private static TrustManager[] trust(@Nullable KeyStore anchors) throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(anchors);
    return factory.getTrustManagers();
  }
}
