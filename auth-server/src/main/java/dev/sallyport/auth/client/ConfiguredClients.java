package dev.sallyport.auth.client;

import dev.sallyport.auth.certificate.CertificateSubject;
import dev.sallyport.auth.installation.SettingRefused;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Clients as the configuration wants them: {@code sallyport.clients[n].…}. {@link
 * ClientsByConfiguration} makes it so.
 */
@ConfigurationProperties("sallyport")
record ConfiguredClients(@DefaultValue List<Entry> clients) {

  ConfiguredClients {
    clients = List.copyOf(clients);
  }

  /** A client that the configuration wants, and the secret that it has there. */
  record Wanted(int index, Client client, @Nullable String secret) {
    @Override
    public String toString() {
      return "Wanted[client=" + client.clientId() + "]";
    }
  }

  /**
   * @throws SettingRefused if the settings contradict themselves or the rules of a profile
   */
  List<Wanted> wanted() {
    List<Wanted> wanted = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    for (int index = 0; index < clients.size(); index++) {
      Entry entry = clients.get(index);
      String id = entry.clientId();
      if (id == null || id.isBlank()) {
        throw refused(index, "client-id", "is missing");
      }
      if (!ids.add(id)) {
        throw refused(index, "client-id", "`" + id + "` is there twice");
      }
      Client client = entry.toClient(id, index);
      checkSecret(index, client, entry.secret());
      refuse(index, ClientRules.check(client, null));
      wanted.add(new Wanted(index, client, entry.secret()));
    }
    return wanted;
  }

  private static void checkSecret(int index, Client client, @Nullable String secret) {
    boolean needed = client.authentication().secret();
    if (needed && secret == null) {
      throw refused(
          index,
          "secret",
          "is missing; `token-endpoint-auth-method` may be `private_key_jwt` instead, with `jwks`");
    }
    if (!needed && secret != null) {
      throw refused(
          index,
          "secret",
          "is not for a client that authenticates by `%s`"
              .formatted(client.authentication().value()));
    }
    if (secret != null
        && (secret.length() < StoredClients.SECRET_CHARS_MIN
            || secret.length() > StoredClients.SECRET_CHARS_MAX)) {
      throw refused(
          index,
          "secret",
          "must have %d to %d characters, and be random: `openssl rand -base64 32` makes one"
              .formatted(StoredClients.SECRET_CHARS_MIN, StoredClients.SECRET_CHARS_MAX));
    }
  }

  static void refuse(int index, List<Registration.Problem> problems) {
    if (!problems.isEmpty()) {
      Registration.Problem first = problems.getFirst();
      throw refused(index, property(first.field()), first.message());
    }
  }

  static SettingRefused refused(int index, String property, String message) {
    return new SettingRefused("`sallyport.clients[%d].%s` %s".formatted(index, property, message));
  }

  /** The setting for a field of client metadata (RFC 7591 §2). */
  private static String property(String field) {
    return switch (field) {
      case "client_name" -> "name";
      case "client_secret" -> "secret";
      case "scope" -> "scopes";
      case "id_token_signed_response_alg" -> "id-token-alg";
      default -> field.replace('_', '-');
    };
  }

  /**
   * @param secret for clients that authenticate by one: 32 to 512 characters, and random
   * @param jwks for clients that authenticate by {@code private_key_jwt}, or by a certificate that
   *     is in it
   * @param tokenEndpointAuthMethod null: none for {@code chat}, {@code private_key_jwt} where there
   *     is a {@code jwks} and for {@code fapi2}, else the secret, carried either way
   * @param grantTypes empty: what the profile allows, client credentials and device codes excepted
   * @param scopes empty: all that the profile allows to people's clients, where people use it
   */
  record Entry(
      @Nullable String clientId,
      @Nullable String name,
      @DefaultValue("CHAT") SecurityProfile profile,
      @Nullable String secret,
      @Nullable String jwks,
      @Nullable String tokenEndpointAuthMethod,
      @DefaultValue Set<String> grantTypes,
      @DefaultValue Set<String> redirectUris,
      @DefaultValue Set<String> scopes,
      @Nullable String idTokenAlg,
      @DefaultValue("true") boolean consentRequired,
      @DefaultValue Set<String> postLogoutRedirectUris,
      @Nullable String backchannelLogoutUri,
      @DefaultValue("false") boolean backchannelLogoutSessionRequired,
      @DefaultValue("false") boolean tlsClientCertificateBoundAccessTokens,
      @Nullable String tlsClientAuthSubjectDn,
      @Nullable String tlsClientAuthSanDns,
      @Nullable String tlsClientAuthSanUri,
      @Nullable String tlsClientAuthSanIp,
      @Nullable String tlsClientAuthSanEmail) {

    @Override
    public String toString() {
      return "Entry[clientId=" + clientId + "]";
    }

    private Client toClient(String id, int index) {
      Set<GrantType> grants = grants(index);
      boolean forPeople =
          grants.contains(GrantType.AUTHORIZATION_CODE) || grants.contains(GrantType.DEVICE_CODE);
      return new Client(
          id,
          name == null ? id : name,
          profile,
          authentication(index),
          jwks,
          redirectUris,
          grants,
          scopes.isEmpty() && forPeople ? ClientRules.scopesOfPersons(profile) : scopes,
          idTokenAlg == null ? profile.idTokenAlg() : idTokenAlg,
          consentRequired,
          new Client.Logout(
              postLogoutRedirectUris, backchannelLogoutUri, backchannelLogoutSessionRequired),
          ClientMetadata.of(
              new ClientMetadata.Certificates(tlsClientCertificateBoundAccessTokens, subjects())));
    }

    private List<CertificateSubject> subjects() {
      List<CertificateSubject> subjects = new ArrayList<>();
      for (CertificateSubject.Kind kind : CertificateSubject.Kind.values()) {
        String value =
            switch (kind) {
              case SUBJECT_DN -> tlsClientAuthSubjectDn;
              case SAN_DNS -> tlsClientAuthSanDns;
              case SAN_URI -> tlsClientAuthSanUri;
              case SAN_IP -> tlsClientAuthSanIp;
              case SAN_EMAIL -> tlsClientAuthSanEmail;
            };
        if (value != null) {
          subjects.add(new CertificateSubject(kind, value));
        }
      }
      return subjects;
    }

    private ClientAuthentication authentication(int index) {
      if (tokenEndpointAuthMethod != null) {
        return ClientAuthentication.named(tokenEndpointAuthMethod)
            .orElseThrow(
                () ->
                    refused(
                        index,
                        "token-endpoint-auth-method",
                        "must be `client_secret_basic`, `client_secret_post`, `private_key_jwt`,"
                            + " `tls_client_auth`, `self_signed_tls_client_auth` or `none`"));
      }
      return switch (profile) {
        case CHAT -> ClientAuthentication.NONE;
        case FAPI2 -> ClientAuthentication.PRIVATE_KEY_JWT;
        case WEB ->
            jwks == null
                ? ClientAuthentication.CLIENT_SECRET
                : ClientAuthentication.PRIVATE_KEY_JWT;
      };
    }

    private Set<GrantType> grants(int index) {
      if (grantTypes.isEmpty()) {
        return profile.mayReachGateway()
            ? Set.of(
                GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN, GrantType.TOKEN_EXCHANGE)
            : Set.of(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN);
      }
      Set<GrantType> grants = new HashSet<>();
      for (String named : grantTypes) {
        grants.add(
            GrantType.of(named)
                .orElseThrow(
                    () -> refused(index, "grant-types", "`" + named + "` is not known here")));
      }
      return grants;
    }
  }
}
