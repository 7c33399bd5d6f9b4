package dev.sallyport.auth.client;

import static dev.sallyport.auth.client.ClientAuthentication.CLIENT_SECRET;
import static dev.sallyport.auth.client.ClientAuthentication.CLIENT_SECRET_BASIC;
import static dev.sallyport.auth.client.ClientAuthentication.CLIENT_SECRET_POST;
import static dev.sallyport.auth.client.ClientAuthentication.NONE;
import static dev.sallyport.auth.client.ClientAuthentication.PRIVATE_KEY_JWT;
import static dev.sallyport.auth.client.ClientAuthentication.SELF_SIGNED_TLS_CLIENT_AUTH;
import static dev.sallyport.auth.client.ClientAuthentication.TLS_CLIENT_AUTH;
import static dev.sallyport.auth.client.GrantType.AUTHORIZATION_CODE;
import static dev.sallyport.auth.client.GrantType.CLIENT_CREDENTIALS;
import static dev.sallyport.auth.client.GrantType.DEVICE_CODE;
import static dev.sallyport.auth.client.GrantType.IMPLICIT;
import static dev.sallyport.auth.client.GrantType.REFRESH_TOKEN;
import static dev.sallyport.auth.client.GrantType.TOKEN_EXCHANGE;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import dev.sallyport.auth.certificate.CertificateSubject;
import dev.sallyport.auth.certificate.MutualTls;
import java.net.URI;
import java.net.URISyntaxException;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What each security profile allows a client to be: the table of {@code auth-server/README.md}. */
final class ClientRules {

  /** VSCHAR (RFC 6749 Appendix A.1) without what needs quoting somewhere. */
  private static final Pattern CLIENT_ID = Pattern.compile("[A-Za-z0-9._~-]{1,100}");

  private static final int NAME_LENGTH_MAX = 200;
  private static final int REDIRECT_URIS_MAX = 20;
  private static final int REDIRECT_URI_LENGTH_MAX = 500;
  private static final int JWKS_LENGTH_MAX = 65_536;
  private static final int LIST_MAX = 10;

  private ClientRules() {}

  private record Rules(
      Set<ClientAuthentication> authentication,
      Set<GrantType> grantTypes,
      Set<String> scopes,
      Set<String> idTokenAlgs) {}

  private static Rules of(SecurityProfile profile) {
    return switch (profile) {
      case CHAT ->
          new Rules(
              Set.of(NONE),
              Set.of(AUTHORIZATION_CODE, REFRESH_TOKEN, TOKEN_EXCHANGE, DEVICE_CODE),
              Scopes.OF_PERSONS,
              Set.of("ES256"));
      case FAPI2 -> {
        Set<String> scopes = new HashSet<>(Scopes.OF_PERSONS);
        scopes.add(Scopes.GATEWAY);
        yield new Rules(
            Set.of(PRIVATE_KEY_JWT, TLS_CLIENT_AUTH, SELF_SIGNED_TLS_CLIENT_AUTH),
            Set.of(AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, TOKEN_EXCHANGE),
            scopes,
            // FAPI 2.0 §5.4
            Set.of("ES256", "PS256", "EdDSA"));
      }
      case WEB ->
          // bearer tokens: nothing that reaches the gateway or the administration
          new Rules(
              Set.of(
                  CLIENT_SECRET,
                  CLIENT_SECRET_BASIC,
                  CLIENT_SECRET_POST,
                  PRIVATE_KEY_JWT,
                  TLS_CLIENT_AUTH,
                  SELF_SIGNED_TLS_CLIENT_AUTH),
              Set.of(AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, DEVICE_CODE, IMPLICIT),
              Set.of(
                  Scopes.OPENID,
                  Scopes.PROFILE,
                  Scopes.EMAIL,
                  Scopes.ADDRESS,
                  Scopes.PHONE,
                  Scopes.OFFLINE_ACCESS),
              Set.of("RS256", "ES256", "PS256", "EdDSA"));
    };
  }

  /** What people may grant to a client of this profile. */
  static Set<String> scopesOfPersons(SecurityProfile profile) {
    Set<String> scopes = new HashSet<>(of(profile).scopes());
    scopes.retainAll(Scopes.OF_PERSONS);
    return scopes;
  }

  /** Says what is wrong with it; nothing when it may be registered. */
  static List<Registration.Problem> check(Client client, @Nullable String jwksSource) {
    List<Registration.Problem> problems = new ArrayList<>();
    Rules rules = of(client.profile());
    String profile = client.profile().text();
    if (!CLIENT_ID.matcher(client.clientId()).matches()) {
      problems.add(problem("client_id", "must be 1 to 100 of A-Z a-z 0-9 . _ ~ -"));
    }
    if (unfit(client.name())) {
      problems.add(problem("client_name", "must have 1 to 200 characters, none of them invisible"));
    }
    if (!rules.authentication().contains(client.authentication())) {
      problems.add(
          problem(
              "token_endpoint_auth_method",
              "`%s` is not for profile `%s`".formatted(client.authentication().value(), profile)));
    }
    for (GrantType grant : client.grantTypes()) {
      if (!rules.grantTypes().contains(grant)) {
        problems.add(
            problem(
                "grant_types", "`%s` is not for profile `%s`".formatted(grant.value(), profile)));
      }
    }
    for (String scope : client.scopes()) {
      if (!rules.scopes().contains(scope)) {
        problems.add(problem("scope", "`%s` is not for profile `%s`".formatted(scope, profile)));
      }
    }
    if (client.scopes().contains(Scopes.GATEWAY)
        && !client.grantTypes().equals(Set.of(CLIENT_CREDENTIALS))) {
      problems.add(problem("scope", "`gateway` is for client credentials only"));
    }
    if (!rules.idTokenAlgs().contains(client.idTokenAlg())) {
      problems.add(
          problem(
              "id_token_signed_response_alg",
              "`%s` is not for profile `%s`".formatted(client.idTokenAlg(), profile)));
    }
    checkRedirectUris(client, problems);
    checkImplicit(client, problems);
    checkLogout(client, problems);
    checkKeys(client, jwksSource, problems);
    checkMetadata(client, rules, problems);
    checkCertificates(client, problems);
    return problems;
  }

  /** Says what it cannot have in this installation, whatever its profile. */
  static List<Registration.Problem> checkHere(Client client, MutualTls tls) {
    List<Registration.Problem> problems = new ArrayList<>();
    if (client.authentication().certificate() && !tls.offered()) {
      problems.add(
          problem("token_endpoint_auth_method", "cannot be had: no certificates are asked for"));
    } else if (client.authentication() == TLS_CLIENT_AUTH && !tls.anchored()) {
      problems.add(
          problem(
              "token_endpoint_auth_method",
              "cannot be had: no issuer of certificates is believed, only"
                  + " `self_signed_tls_client_auth` is"));
    }
    if (client.boundToCertificate() && !tls.offered()) {
      problems.add(
          problem(
              ClientMetadata.CERTIFICATE_BOUND, "cannot be had: no certificates are asked for"));
    }
    return problems;
  }

  private static void checkCertificates(Client client, List<Registration.Problem> problems) {
    ClientMetadata.Certificates certificates = client.metadata().certificates();
    if (certificates.boundTokens() && client.profile() == SecurityProfile.CHAT) {
      problems.add(problem(ClientMetadata.CERTIFICATE_BOUND, "is not for profile `chat`"));
    }
    List<CertificateSubject> subjects = certificates.subjects();
    if (client.authentication() == TLS_CLIENT_AUTH && subjects.size() != 1) {
      // RFC 8705 §2.1.2
      problems.add(
          problem(
              CertificateSubject.Kind.SUBJECT_DN.member(),
              "or exactly one of `tls_client_auth_san_dns`, `…_uri`, `…_ip`, `…_email` goes with"
                  + " `tls_client_auth`"));
    }
    for (CertificateSubject subject : subjects) {
      if (client.authentication() != TLS_CLIENT_AUTH) {
        problems.add(problem(subject.kind().member(), "goes with `tls_client_auth`"));
      } else if (!subject.readable()) {
        problems.add(problem(subject.kind().member(), "cannot be what a certificate names"));
      }
    }
  }

  private static void checkMetadata(
      Client client, Rules rules, List<Registration.Problem> problems) {
    ClientMetadata metadata = client.metadata();
    ClientMetadata.Algorithms algs = metadata.algorithms();
    String profile = client.profile().text();
    checkAlg(
        "userinfo_signed_response_alg", algs.userInfo(), rules.idTokenAlgs(), profile, problems);
    checkAlg(
        "introspection_signed_response_alg",
        algs.introspection(),
        rules.idTokenAlgs(),
        profile,
        problems);
    Set<String> theirs = client.profile().clientAlgs();
    checkAlg("request_object_signing_alg", algs.requestObject(), theirs, profile, problems);
    checkAlg("token_endpoint_auth_signing_alg", algs.assertion(), theirs, profile, problems);
    checkUrls(metadata, problems);
    if (metadata.requestUris().size() > REDIRECT_URIS_MAX) {
      problems.add(problem("request_uris", "at most 20"));
    }
    for (String uri : metadata.requestUris()) {
      int fragment = uri.indexOf('#');
      checkUrl("request_uris", fragment < 0 ? uri : uri.substring(0, fragment), problems);
      if (uri.length() > REDIRECT_URI_LENGTH_MAX) {
        problems.add(problem("request_uris", "have at most 500 characters each"));
      }
    }
    if (metadata.resources().size() > ClientResources.RESOURCES_MAX
        || !metadata.resources().stream().allMatch(ClientResources::wellFormed)) {
      problems.add(
          problem(
              "resources", "are at most 20 absolute URIs without a fragment, 500 characters each"));
    }
    String mayAct = metadata.mayAct();
    if (mayAct != null && !CLIENT_ID.matcher(mayAct).matches()) {
      problems.add(problem("may_act", "is no id of a client"));
    }
    if (metadata.pairwise()
        && !metadata.gatewayTokens()
        && client.scopes().stream().anyMatch(Scopes.WITH_ACCOUNT_IDS::contains)) {
      problems.add(
          problem("scope", "shows account ids, and the client's subjects are to be pairwise"));
    }
    if (metadata.pages().contacts().size() > LIST_MAX
        || metadata.pages().contacts().stream().anyMatch(ClientRules::unfit)) {
      problems.add(problem("contacts", "are at most ten of 200 characters each"));
    }
    if (metadata.defaults().acrValues().size() > LIST_MAX
        || metadata.defaults().acrValues().stream()
            .anyMatch(value -> unfit(value) || value.contains(" "))) {
      problems.add(problem("default_acr_values", "are at most ten of 200 characters each"));
    }
    for (String text : new String[] {metadata.software().id(), metadata.software().version()}) {
      if (text != null && unfit(text)) {
        problems.add(problem("software_id", "and software_version have 1 to 200 characters"));
      }
    }
  }

  private static boolean unfit(String text) {
    return text.isBlank() || text.length() > NAME_LENGTH_MAX || !storable(text);
  }

  /** No control characters, and nothing that turns text around where it is shown. */
  private static boolean storable(String text) {
    return text.codePoints()
        .noneMatch(
            point ->
                switch (Character.getType(point)) {
                  case Character.CONTROL,
                      Character.FORMAT,
                      Character.SURROGATE,
                      Character.LINE_SEPARATOR,
                      Character.PARAGRAPH_SEPARATOR,
                      Character.UNASSIGNED,
                      Character.PRIVATE_USE ->
                      true;
                  default -> false;
                });
  }

  private static void checkAlg(
      String field,
      @Nullable String alg,
      Set<String> allowed,
      String profile,
      List<Registration.Problem> problems) {
    if (alg != null && !allowed.contains(alg)) {
      problems.add(problem(field, "`%s` is not for profile `%s`".formatted(cut(alg), profile)));
    }
  }

  private static void checkUrls(ClientMetadata metadata, List<Registration.Problem> problems) {
    ClientMetadata.Pages pages = metadata.pages();
    checkUrl("jwks_uri", metadata.jwksUri(), problems);
    checkUrl("sector_identifier_uri", metadata.sectorIdentifierUri(), problems);
    checkUrl("client_uri", pages.client(), problems);
    checkUrl("logo_uri", pages.logo(), problems);
    checkUrl("policy_uri", pages.policy(), problems);
    checkUrl("tos_uri", pages.terms(), problems);
    checkUrl("initiate_login_uri", pages.initiateLogin(), problems);
  }

  private static void checkUrl(
      String field, @Nullable String url, List<Registration.Problem> problems) {
    if (url != null && !calledByUs(url)) {
      problems.add(problem(field, "`%s` must be https, or http on loopback".formatted(cut(url))));
    }
  }

  private static void checkRedirectUris(Client client, List<Registration.Problem> problems) {
    boolean needed = client.redirects();
    if (needed == client.redirectUris().isEmpty()) {
      problems.add(
          problem("redirect_uris", "go with the grant `authorization_code` or `implicit`"));
    }
    if (client.redirectUris().size() > REDIRECT_URIS_MAX) {
      problems.add(problem("redirect_uris", "at most 20"));
    }
    for (String uri : client.redirectUris()) {
      if (!allowedRedirectUri(client.profile(), uri)) {
        problems.add(
            problem(
                "redirect_uris",
                "`%s` is not allowed for profile `%s`"
                    .formatted(
                        uri.substring(0, Math.min(uri.length(), REDIRECT_URI_LENGTH_MAX)),
                        client.profile().text())));
      }
    }
  }

  /** What tokens in a URL are safe with, as far as they are. */
  private static void checkImplicit(Client client, List<Registration.Problem> problems) {
    if (client.may(IMPLICIT) == client.metadata().implicitTypes().isEmpty()) {
      problems.add(
          problem("response_types", "`id_token` or `id_token token` goes with `implicit`"));
    }
    if (!client.may(IMPLICIT)) {
      return;
    }
    if (client.metadata().boundTokens()) {
      problems.add(
          problem(
              "dpop_bound_access_tokens",
              "cannot be had with `implicit`: those tokens are bound to nothing"));
    }
    if (client.boundToCertificate()) {
      problems.add(
          problem(
              ClientMetadata.CERTIFICATE_BOUND,
              "cannot be had with `implicit`: those tokens are bound to nothing"));
    }
    for (String uri : client.redirectUris()) {
      // OpenID Connect Dynamic Client Registration 1.0 §2, application_type
      if (!uri.toLowerCase(Locale.ROOT).startsWith("https:")
          || loopback(ClientMetadata.hostOf(uri))) {
        problems.add(
            problem("redirect_uris", "`%s`: https only with `implicit`".formatted(cut(uri))));
      }
    }
  }

  private static void checkLogout(Client client, List<Registration.Problem> problems) {
    Set<String> redirects = client.logout().redirectUris();
    String backchannel = client.logout().backchannelUri();
    if (!client.redirects() && !redirects.isEmpty()) {
      problems.add(problem("post_logout_redirect_uris", "go with `redirect_uris`"));
    }
    if (!client.redirects() && backchannel != null) {
      problems.add(problem("backchannel_logout_uri", "goes with `redirect_uris`"));
    }
    if (redirects.size() > REDIRECT_URIS_MAX) {
      problems.add(problem("post_logout_redirect_uris", "at most 20"));
    }
    for (String uri : redirects) {
      if (!allowedRedirectUri(client.profile(), uri)) {
        problems.add(
            problem(
                "post_logout_redirect_uris",
                "`%s` is not allowed for profile `%s`"
                    .formatted(cut(uri), client.profile().text())));
      }
    }
    if (backchannel != null && !calledByUs(backchannel)) {
      problems.add(
          problem(
              "backchannel_logout_uri",
              "`%s` must be https, or http on loopback".formatted(cut(backchannel))));
    }
  }

  /** A URL that this server may call for the client, as far as its text tells. */
  private static boolean calledByUs(String text) {
    try {
      URI uri = new URI(text);
      return text.length() <= REDIRECT_URI_LENGTH_MAX
          && uri.getHost() != null
          && uri.getRawFragment() == null
          && uri.getRawUserInfo() == null
          && ("https".equals(uri.getScheme())
              || ("http".equals(uri.getScheme()) && loopback(uri.getHost())));
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private static String cut(String text) {
    return text.substring(0, Math.min(text.length(), REDIRECT_URI_LENGTH_MAX));
  }

  private static boolean allowedRedirectUri(SecurityProfile profile, String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      return false;
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (text.length() > REDIRECT_URI_LENGTH_MAX
        || text.contains(" ")
        || uri.getRawFragment() != null
        || uri.getRawUserInfo() != null) {
      return false;
    }
    return switch (scheme) {
      case "https" -> uri.getHost() != null;
      // RFC 8252 §7.3; `localhost` for what cannot be told to use an address
      case "http" -> profile != SecurityProfile.FAPI2 && loopback(uri.getHost());
      // RFC 8252 §7.1: a private-use scheme is a reversed domain name
      default -> profile == SecurityProfile.CHAT && scheme.contains(".") && !uri.isOpaque();
    };
  }

  private static boolean loopback(@Nullable String host) {
    return "127.0.0.1".equals(host) || "[::1]".equals(host) || "localhost".equals(host);
  }

  private static void checkKeys(
      Client client, @Nullable String jwksSource, List<Registration.Problem> problems) {
    boolean certificates = client.authentication() == SELF_SIGNED_TLS_CLIENT_AUTH;
    boolean needed = client.authentication() == PRIVATE_KEY_JWT || certificates;
    String jwks = client.jwks();
    if (client.metadata().jwksUri() != null) {
      if (jwks != null) {
        problems.add(problem("jwks_uri", "goes without `jwks`"));
      }
      return;
    }
    if (jwksSource != null && needed && jwks == null) {
      return;
    }
    if (jwks == null) {
      if (needed) {
        problems.add(
            problem(
                "jwks", "or `jwks_uri` goes with `%s`".formatted(client.authentication().value())));
      }
      return;
    }
    if (jwks.length() > JWKS_LENGTH_MAX) {
      problems.add(problem("jwks", "at most 65536 characters"));
      return;
    }
    try {
      JWKSet set = JWKSet.parse(jwks);
      if (set.getKeys().isEmpty()
          || set.size() > ClientKeys.KEYS_MAX
          || set.getKeys().stream().anyMatch(JWK::isPrivate)) {
        problems.add(problem("jwks", "must hold public keys only, 50 at most"));
      } else if (certificates
          && set.getKeys().stream().allMatch(key -> key.getX509CertChain() == null)) {
        // RFC 8705 §2.2.2
        problems.add(problem("jwks", "must hold the client's certificates, as `x5c`"));
      }
    } catch (ParseException e) {
      problems.add(problem("jwks", "is not a JWK set"));
    }
  }

  private static Registration.Problem problem(String field, String message) {
    return new Registration.Problem(field, message);
  }
}
