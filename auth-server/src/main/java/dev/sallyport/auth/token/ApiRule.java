package dev.sallyport.auth.token;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;

/**
 * One line of the access table of {@code /v1/**}.
 *
 * @param method null: any
 * @param path a Spring {@code PathPattern}, e.g. {@code /v1/devices/{deviceId}}
 * @param bodyBytesMax a larger request body is answered with 413 before it is read
 */
public record ApiRule(@Nullable HttpMethod method, String path, Access access, int bodyBytesMax) {

  /** Enough for any small JSON document of ours. */
  public static final int BODY_BYTES_DEFAULT = 16 * 1024;

  /** Who may pass. Finer questions are the policy engine's. */
  public sealed interface Access {
    /** Anyone, without a token: for public keys. */
    record Open() implements Access {}

    /** A client on its own, with this scope: for gateways. */
    record Client(String scope) implements Access {}

    /** A person whose token has this scope; {@code secondFactor}: and who signed in with two. */
    record Person(String scope, boolean secondFactor) implements Access {}
  }

  public static ApiRule open(HttpMethod method, String path) {
    return new ApiRule(method, path, new Access.Open(), BODY_BYTES_DEFAULT);
  }

  public static ApiRule client(HttpMethod method, String path, String scope) {
    return new ApiRule(method, path, new Access.Client(scope), BODY_BYTES_DEFAULT);
  }

  public static ApiRule person(@Nullable HttpMethod method, String path, String scope) {
    return new ApiRule(method, path, new Access.Person(scope, false), BODY_BYTES_DEFAULT);
  }

  public static ApiRule personWithSecondFactor(
      @Nullable HttpMethod method, String path, String scope) {
    return new ApiRule(method, path, new Access.Person(scope, true), BODY_BYTES_DEFAULT);
  }

  /** The same rule with another bound on the request body. */
  public ApiRule bodyUpTo(int bytesMax) {
    return new ApiRule(method, path, access, bytesMax);
  }
}
