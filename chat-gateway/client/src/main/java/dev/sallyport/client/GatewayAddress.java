package dev.sallyport.client;

import java.net.URI;

/**
 * Where a gateway is, and what it is called.
 *
 * @param connectTo base URL to connect to, without a slash at the end: one node, or a proxy before
 *     it
 * @param publicUrl base URL that tokens and proofs name: the gateway's {@code sallyport.public-url}
 */
public record GatewayAddress(String connectTo, String publicUrl) {

  public GatewayAddress {
    connectTo = base(connectTo);
    publicUrl = base(publicUrl);
  }

  private static String base(String url) {
    var uri = URI.create(url);
    if (!"http".equals(uri.getScheme()) && !"https".equals(uri.getScheme())) {
      throw new IllegalArgumentException("`" + url + "` is not an http(s) URL");
    }
    return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }

  /** The usual case: it is where its name says. */
  public static GatewayAddress of(String publicUrl) {
    return new GatewayAddress(publicUrl, publicUrl);
  }

  URI socketToConnect() {
    return URI.create(connectTo.replaceFirst("^http", "ws") + "/v1/socket");
  }

  URI socketHtu() {
    return URI.create(publicUrl + "/v1/socket");
  }
}
