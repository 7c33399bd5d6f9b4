package dev.sallyport.acceptance.client;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.RefreshTokenGrant;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenErrorResponse;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.dpop.JWKThumbprintConfirmation;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.Audience;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.token.DPoPAccessToken;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.oauth2.sdk.token.TokenTypeURI;
import com.nimbusds.oauth2.sdk.tokenexchange.TokenExchangeGrant;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.AuthenticationResponse;
import com.nimbusds.openid.connect.sdk.AuthenticationResponseParser;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.claims.IDTokenClaimsSet;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A public client of the {@code chat} profile, by Nimbus' OIDC SDK: authorization code with PKCE,
 * DPoP from the start, the ID token checked against the published keys, token exchange (RFC 8693).
 */
public final class OidcClient {

  private static final int HTTP_MILLIS_MAX = 15_000;

  private final OIDCProviderMetadata metadata;
  private final ClientID clientId;
  private final DpopKey dpop;
  private @Nullable String nonce;

  private OidcClient(OIDCProviderMetadata metadata, String clientId, DpopKey dpop) {
    this.metadata = metadata;
    this.clientId = new ClientID(clientId);
    this.dpop = dpop;
  }

  /** Reads the issuer's metadata. */
  public static OidcClient discover(String issuer, String clientId, DpopKey dpop) {
    try {
      return new OidcClient(
          OIDCProviderMetadata.resolve(new Issuer(issuer), HTTP_MILLIS_MAX, HTTP_MILLIS_MAX),
          clientId,
          dpop);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (com.nimbusds.oauth2.sdk.GeneralException e) {
      throw new IllegalStateException("the issuer's metadata cannot be used", e);
    }
  }

  /** What a sign-in yielded. */
  public record Tokens(
      String accessToken,
      @Nullable String refreshToken,
      @Nullable IDTokenClaimsSet idClaims,
      @Nullable Scope scope) {

    /** No token in it. */
    @Override
    public String toString() {
      return "Tokens[scope=" + scope + "]";
    }
  }

  /** Begins a sign-in; the person's browser is to open {@link SignIn#authorizationUri}. */
  public SignIn begin(String scope) {
    return new SignIn(scope);
  }

  /** One sign-in under way, with its loopback listener. */
  public final class SignIn implements AutoCloseable {
    private final LoopbackListener listener = LoopbackListener.open();
    private final State state = new State();
    private final Nonce idNonce = new Nonce();
    private final CodeVerifier verifier = new CodeVerifier();
    private final URI authorizationUri;

    private SignIn(String scope) {
      authorizationUri =
          new AuthenticationRequest.Builder(
                  ResponseType.CODE, Scope.parse(scope), clientId, listener.redirectUri())
              .endpointURI(metadata.getAuthorizationEndpointURI())
              .state(state)
              .nonce(idNonce)
              .codeChallenge(verifier, CodeChallengeMethod.S256)
              .dPoPJWKThumbprintConfirmation(
                  new JWKThumbprintConfirmation(new Base64URL(dpop.thumbprint())))
              .build()
              .toURI();
    }

    public URI authorizationUri() {
      return authorizationUri;
    }

    /** Waits for the redirect, redeems the code and checks the ID token. */
    public Tokens finish(Duration within) {
      try {
        AuthenticationResponse response =
            AuthenticationResponseParser.parse(listener.await(within));
        if (!state.equals(response.getState())
            || !metadata.getIssuer().equals(response.getIssuer())) {
          throw new IllegalStateException("the redirect is not the answer to this request");
        }
        if (!response.indicatesSuccess()) {
          var error = response.toErrorResponse().getErrorObject();
          throw new OAuthException(error.getCode(), String.valueOf(error.getDescription()), 302);
        }
        return redeem(response.toSuccessResponse().getAuthorizationCode());
      } catch (ParseException e) {
        throw new IllegalStateException("the redirect cannot be read", e);
      }
    }

    private Tokens redeem(AuthorizationCode code) throws ParseException {
      var answer = request(new AuthorizationCodeGrant(code, listener.redirectUri(), verifier));
      var tokens = OIDCTokenResponse.parse(answer).getOIDCTokens();
      try {
        var algorithm =
            JWSAlgorithm.parse(tokens.getIDToken().getHeader().getAlgorithm().getName());
        if (!metadata.getIDTokenJWSAlgs().contains(algorithm)) {
          throw new IllegalStateException("the ID token's algorithm was not announced");
        }
        var claims =
            new IDTokenValidator(
                    metadata.getIssuer(), clientId, algorithm, metadata.getJWKSetURI().toURL())
                .validate(tokens.getIDToken(), idNonce);
        return new Tokens(
            tokens.getAccessToken().getValue(),
            tokens.getRefreshToken() == null ? null : tokens.getRefreshToken().getValue(),
            claims,
            tokens.getAccessToken().getScope());
      } catch (com.nimbusds.jose.proc.BadJOSEException | com.nimbusds.jose.JOSEException e) {
        throw new IllegalStateException("the ID token is not to be believed", e);
      } catch (java.net.MalformedURLException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      listener.close();
    }
  }

  /** Rotates the refresh token. */
  public Tokens refresh(String refreshToken) {
    return tokens(request(new RefreshTokenGrant(new RefreshToken(refreshToken))));
  }

  /**
   * Exchanges a token for one of another audience (RFC 8693).
   *
   * @throws OAuthException when it is refused
   */
  public Tokens exchange(
      String subjectToken, String audience, @Nullable String scope, @Nullable String deviceId) {
    var grant =
        new TokenExchangeGrant(
            new DPoPAccessToken(subjectToken),
            TokenTypeURI.ACCESS_TOKEN,
            null,
            null,
            null,
            List.of(new Audience(audience)));
    var builder = new TokenRequest.Builder(metadata.getTokenEndpointURI(), clientId, grant);
    if (scope != null) {
      builder.scope(Scope.parse(scope));
    }
    if (deviceId != null) {
      builder.customParameter("device_id", deviceId);
    }
    return tokens(send(builder.build()));
  }

  private static Tokens tokens(HTTPResponse answer) {
    try {
      var tokens = com.nimbusds.oauth2.sdk.AccessTokenResponse.parse(answer).getTokens();
      return new Tokens(
          tokens.getAccessToken().getValue(),
          tokens.getRefreshToken() == null ? null : tokens.getRefreshToken().getValue(),
          null,
          tokens.getAccessToken().getScope());
    } catch (ParseException e) {
      throw new IllegalStateException("the token response cannot be read", e);
    }
  }

  private HTTPResponse request(AuthorizationGrant grant) {
    return send(new TokenRequest.Builder(metadata.getTokenEndpointURI(), clientId, grant).build());
  }

  private HTTPResponse send(TokenRequest request) {
    for (int attempt = 0; ; attempt++) {
      try {
        var http = request.toHTTPRequest();
        http.setConnectTimeout(HTTP_MILLIS_MAX);
        http.setReadTimeout(HTTP_MILLIS_MAX);
        http.setDPoP(
            SignedJWT.parse(dpop.proof("POST", metadata.getTokenEndpointURI(), null, nonce)));
        var response = http.send();
        var given = response.getDPoPNonce();
        nonce = given == null ? nonce : given.getValue();
        if (response.indicatesSuccess()) {
          return response;
        }
        var error = TokenErrorResponse.parse(response).getErrorObject();
        // RFC 9449 §8: once more, with the nonce that the server gave.
        if (attempt > 0 || !"use_dpop_nonce".equals(error.getCode())) {
          throw new OAuthException(
              error.getCode() == null ? "" : error.getCode(),
              String.valueOf(error.getDescription()),
              response.getStatusCode());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (ParseException | java.text.ParseException e) {
        throw new IllegalStateException("the token response cannot be read", e);
      }
    }
  }
}
