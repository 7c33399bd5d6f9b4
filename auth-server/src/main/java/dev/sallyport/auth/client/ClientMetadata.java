package dev.sallyport.auth.client;

import com.nimbusds.jose.util.JSONObjectUtils;
import dev.sallyport.auth.certificate.CertificateSubject;
import java.net.URI;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a client may say of itself beside the fields of {@link Client}: the metadata of RFC 7591,
 * OpenID Connect Dynamic Client Registration 1.0 §2 and their extensions.
 *
 * @param selfMade the client itself says so, and nobody else has looked at it: people are asked
 *     before it learns the first thing about them
 * @param nativeApp {@code application_type} is {@code native}
 * @param jwksUri where its public keys are, instead of {@link Client#jwks()}
 * @param requestUris where its request objects may be fetched from; nowhere else
 * @param sector whom its people are known to by one name; null: they are known by their account id
 * @param gatewayTokens whether it may learn account ids though its subjects are pairwise: an
 *     administrator's word alone
 * @param resources what its tokens may be for beside this server (RFC 8707): likewise
 * @param mayAct the client that may act for people with this one's tokens (RFC 8693 §4.4): likewise
 * @param boundTokens {@code dpop_bound_access_tokens} (RFC 9449 §5.2)
 * @param pushedOnly {@code require_pushed_authorization_requests} (RFC 9126 §6)
 * @param signedOnly {@code require_signed_request_object} (RFC 9101 §10.5)
 * @param implicitTypes those of its {@code response_types} that give tokens without a code
 */
public record ClientMetadata(
    boolean selfMade,
    boolean nativeApp,
    @Nullable String jwksUri,
    Algorithms algorithms,
    Pages pages,
    Defaults defaults,
    Set<String> requestUris,
    @Nullable String sectorIdentifierUri,
    @Nullable String sector,
    boolean gatewayTokens,
    Set<String> resources,
    @Nullable String mayAct,
    boolean boundTokens,
    boolean pushedOnly,
    boolean signedOnly,
    Set<ResponseType> implicitTypes,
    Certificates certificates,
    Software software) {

  /**
   * What it does with TLS client certificates (RFC 8705).
   *
   * @param boundTokens {@code tls_client_certificate_bound_access_tokens} (§3.4)
   * @param subjects whom its certificate names, for {@code tls_client_auth}: one then, else none
   */
  public record Certificates(boolean boundTokens, List<CertificateSubject> subjects) {

    /** Nothing. */
    public static final Certificates NONE = new Certificates(false, List.of());

    public Certificates {
      subjects = List.copyOf(subjects);
    }

    private void toMap(Map<String, Object> json) {
      json.put(CERTIFICATE_BOUND, boundTokens);
      subjects.forEach(subject -> json.put(subject.kind().member(), subject.value()));
    }
  }

  /**
   * JWS algorithms by which something is signed, each null where nothing was said.
   *
   * @param userInfo of UserInfo answers; null: they are not signed
   * @param introspection of introspection answers (RFC 9701)
   * @param requestObject the only one of its request objects
   * @param assertion the only one of its client assertions
   */
  public record Algorithms(
      @Nullable String userInfo,
      @Nullable String introspection,
      @Nullable String requestObject,
      @Nullable String assertion) {}

  /** URLs for people, and whom to write to. */
  public record Pages(
      @Nullable String client,
      @Nullable String logo,
      @Nullable String policy,
      @Nullable String terms,
      @Nullable String initiateLogin,
      List<String> contacts) {
    public Pages {
      contacts = List.copyOf(contacts);
    }
  }

  /**
   * What an authorization request means that does not say it.
   *
   * @param authTime {@code require_auth_time}: it is in every ID token anyway
   */
  public record Defaults(@Nullable Duration maxAge, List<String> acrValues, boolean authTime) {
    public Defaults {
      acrValues = List.copyOf(acrValues);
    }
  }

  /** For the eyes of administrators. */
  public record Software(@Nullable String id, @Nullable String version) {}

  /** Nothing said. */
  public static final ClientMetadata NONE = read(Map.of(), null);

  public ClientMetadata {
    requestUris = Set.copyOf(requestUris);
    implicitTypes = Set.copyOf(implicitTypes);
    resources = Set.copyOf(resources);
  }

  public boolean pairwise() {
    return sector != null;
  }

  /** Whether a request object may be fetched from there, as far as the registration says. */
  public RequestUri requestUri(String uri) {
    if (requestUris.isEmpty()) {
      return RequestUri.NONE_REGISTERED;
    }
    if (requestUris.contains(uri)) {
      return RequestUri.REGISTERED;
    }
    int hash = uri.indexOf('#');
    return hash > 0 && requestUris.contains(uri.substring(0, hash))
        ? RequestUri.REGISTERED_WITH_HASH
        : RequestUri.UNKNOWN;
  }

  /** What a {@code request_uri} is to a client. */
  public enum RequestUri {
    /** The client does not use them. */
    NONE_REGISTERED,
    UNKNOWN,
    /** Letter by letter, its fragment included. */
    REGISTERED,
    /** But for its fragment: that is to be the hash of what is there (OpenID Connect Core §6.2). */
    REGISTERED_WITH_HASH
  }

  /**
   * Reads what {@link #toMap} wrote, or a document whose members have been looked at.
   *
   * @param sector as worked out by whoever looked at the redirect URIs
   */
  static ClientMetadata read(Map<String, Object> json, @Nullable String sector) {
    return new ClientMetadata(
        flag(json, SELF_MADE),
        "native".equals(json.get("application_type")),
        text(json, "jwks_uri"),
        new Algorithms(
            text(json, "userinfo_signed_response_alg"),
            text(json, "introspection_signed_response_alg"),
            text(json, "request_object_signing_alg"),
            text(json, "token_endpoint_auth_signing_alg")),
        new Pages(
            text(json, "client_uri"),
            text(json, "logo_uri"),
            text(json, "policy_uri"),
            text(json, "tos_uri"),
            text(json, "initiate_login_uri"),
            list(json, "contacts")),
        new Defaults(
            json.get("default_max_age") instanceof Number seconds
                ? Duration.ofSeconds(seconds.longValue())
                : null,
            list(json, "default_acr_values"),
            flag(json, "require_auth_time")),
        Set.copyOf(list(json, "request_uris")),
        text(json, "sector_identifier_uri"),
        sector,
        flag(json, GATEWAY_TOKENS),
        Set.copyOf(list(json, RESOURCES)),
        text(json, MAY_ACT),
        flag(json, "dpop_bound_access_tokens"),
        flag(json, "require_pushed_authorization_requests"),
        flag(json, "require_signed_request_object"),
        list(json, RESPONSE_TYPES).stream()
            .flatMap(type -> ResponseType.named(type).stream())
            .filter(ResponseType::implicit)
            .collect(Collectors.toSet()),
        new Certificates(flag(json, CERTIFICATE_BOUND), subjects(json)),
        new Software(text(json, "software_id"), text(json, "software_version")));
  }

  private static List<CertificateSubject> subjects(Map<String, Object> json) {
    List<CertificateSubject> subjects = new ArrayList<>();
    for (CertificateSubject.Kind kind : CertificateSubject.Kind.values()) {
      String value = text(json, kind.member());
      if (value != null) {
        subjects.add(new CertificateSubject(kind, value));
      }
    }
    return subjects;
  }

  /** With nothing said but this. */
  static ClientMetadata of(Certificates certificates) {
    Map<String, Object> json = new LinkedHashMap<>();
    certificates.toMap(json);
    return read(json, null);
  }

  static final String CERTIFICATE_BOUND = "tls_client_certificate_bound_access_tokens";

  /** Ours, in the admin API alone. */
  static final String GATEWAY_TOKENS = "gateway_tokens";

  /** As well. */
  static final String RESOURCES = "resources";

  /** As well. */
  static final String MAY_ACT = "may_act";

  static final String SELF_MADE = "self_made";

  static final String RESPONSE_TYPES = "response_types";

  private static final String SECTOR = "sector";

  /** By the names of the specifications, without what was not said. */
  Map<String, Object> toMap() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("application_type", nativeApp ? "native" : "web");
    put(json, "jwks_uri", jwksUri);
    put(json, "userinfo_signed_response_alg", algorithms.userInfo());
    put(json, "introspection_signed_response_alg", algorithms.introspection());
    put(json, "request_object_signing_alg", algorithms.requestObject());
    put(json, "token_endpoint_auth_signing_alg", algorithms.assertion());
    put(json, "client_uri", pages.client());
    put(json, "logo_uri", pages.logo());
    put(json, "policy_uri", pages.policy());
    put(json, "tos_uri", pages.terms());
    put(json, "initiate_login_uri", pages.initiateLogin());
    put(json, "contacts", pages.contacts().isEmpty() ? null : pages.contacts());
    Duration maxAge = defaults.maxAge();
    put(json, "default_max_age", maxAge == null ? null : maxAge.toSeconds());
    put(json, "default_acr_values", defaults.acrValues().isEmpty() ? null : defaults.acrValues());
    json.put("require_auth_time", defaults.authTime());
    put(
        json,
        "request_uris",
        requestUris.isEmpty() ? null : List.copyOf(new TreeSet<>(requestUris)));
    json.put("subject_type", pairwise() ? "pairwise" : "public");
    put(json, "sector_identifier_uri", sectorIdentifierUri);
    json.put("dpop_bound_access_tokens", boundTokens);
    json.put("require_pushed_authorization_requests", pushedOnly);
    json.put("require_signed_request_object", signedOnly);
    certificates.toMap(json);
    put(json, "software_id", software.id());
    put(json, "software_version", software.version());
    return json;
  }

  /** What administrators alone say of it. */
  Map<String, Object> ofAdmins() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put(GATEWAY_TOKENS, gatewayTokens);
    put(json, RESOURCES, resources.isEmpty() ? null : List.copyOf(new TreeSet<>(resources)));
    put(json, MAY_ACT, mayAct);
    return json;
  }

  /** As it is kept. */
  String stored() {
    Map<String, Object> json = new LinkedHashMap<>(toMap());
    put(json, SECTOR, sector);
    json.putAll(ofAdmins());
    json.put(SELF_MADE, selfMade);
    put(
        json,
        RESPONSE_TYPES,
        implicitTypes.isEmpty()
            ? null
            : implicitTypes.stream().map(ResponseType::value).sorted().toList());
    return JSONObjectUtils.toJSONString(json);
  }

  static ClientMetadata ofStored(String text) {
    try {
      Map<String, Object> json = JSONObjectUtils.parse(text);
      return read(json, text(json, SECTOR));
    } catch (ParseException e) {
      throw new IllegalStateException("stored client metadata is unreadable", e);
    }
  }

  /** The host by which pairwise subjects are told apart (OpenID Connect Core §8.1). */
  static @Nullable String hostOf(String uri) {
    try {
      return URI.create(uri).getHost();
    } catch (IllegalArgumentException malformed) {
      return null;
    }
  }

  private static void put(Map<String, Object> json, String name, @Nullable Object value) {
    if (value != null) {
      json.put(name, value);
    }
  }

  private static @Nullable String text(Map<String, Object> json, String name) {
    return json.get(name) instanceof String text ? text : null;
  }

  private static boolean flag(Map<String, Object> json, String name) {
    return Boolean.TRUE.equals(json.get(name));
  }

  private static List<String> list(Map<String, Object> json, String name) {
    return json.get(name) instanceof List<?> list
        ? list.stream().map(String.class::cast).distinct().toList()
        : List.of();
  }
}
