package dev.sallyport.auth.client;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A client as JSON: the metadata of RFC 7591 §2 and OpenID Connect Dynamic Client Registration 1.0
 * §2, with {@code security_profile} and, for administrators, {@code consent_required}, {@code
 * gateway_tokens}, {@code resources} and {@code may_act} of our own. Says whether each member is of
 * its type; whether the values will do is {@link ClientRules}'.
 */
public final class ClientDocument {

  public static final String PROFILE = "security_profile";
  private static final String CONSENT_REQUIRED = "consent_required";

  private static final int LIST_MAX = 100;

  private static final Set<String> TEXTS =
      Set.of(
          PROFILE,
          "client_name",
          "token_endpoint_auth_method",
          "token_endpoint_auth_signing_alg",
          "scope",
          "jwks_uri",
          "id_token_signed_response_alg",
          "authorization_signed_response_alg",
          "userinfo_signed_response_alg",
          "introspection_signed_response_alg",
          "request_object_signing_alg",
          "application_type",
          "subject_type",
          "sector_identifier_uri",
          "client_uri",
          "logo_uri",
          "policy_uri",
          "tos_uri",
          "initiate_login_uri",
          "backchannel_logout_uri",
          "software_id",
          "software_version",
          "tls_client_auth_subject_dn",
          "tls_client_auth_san_dns",
          "tls_client_auth_san_uri",
          "tls_client_auth_san_ip",
          "tls_client_auth_san_email");

  private static final Set<String> LISTS =
      Set.of(
          "redirect_uris",
          "grant_types",
          "response_types",
          "contacts",
          "default_acr_values",
          "request_uris",
          "post_logout_redirect_uris");

  private static final Set<String> FLAGS =
      Set.of(
          "require_auth_time",
          "backchannel_logout_session_required",
          "dpop_bound_access_tokens",
          ClientMetadata.CERTIFICATE_BOUND,
          "require_pushed_authorization_requests",
          "require_signed_request_object");

  private static final Set<String> FLAGS_OF_ADMINS =
      Set.of(CONSENT_REQUIRED, ClientMetadata.GATEWAY_TOKENS);

  private static final Set<String> OF_ADMINS =
      Set.of(
          CONSENT_REQUIRED,
          ClientMetadata.GATEWAY_TOKENS,
          ClientMetadata.RESOURCES,
          ClientMetadata.MAY_ACT);

  private static final String ENCRYPTION = "_encrypted_response_alg";

  private ClientDocument() {}

  /** The members that {@link #read} knows. */
  public static Set<String> members() {
    Set<String> members = new TreeSet<>(TEXTS);
    members.addAll(LISTS);
    members.addAll(FLAGS);
    members.addAll(OF_ADMINS);
    members.add("jwks");
    members.add("default_max_age");
    return members;
  }

  /** Who wrote the document. */
  public enum Author {
    /** Asked for nothing that is not in its power: people are asked, and it administers nothing. */
    CLIENT,
    ADMIN
  }

  /** What came of reading one. */
  public sealed interface Reading {
    record Read(Client client) implements Reading {}

    record Malformed(List<Registration.Problem> problems) implements Reading {}
  }

  /** Reads a document; {@code null} members count as absent (RFC 7592 §2.2). */
  public static Reading read(String clientId, Map<String, Object> document, Author author) {
    Map<String, Object> json = new LinkedHashMap<>(document);
    json.values().removeIf(Objects::isNull);
    if (author == Author.CLIENT) {
      json.keySet().removeAll(OF_ADMINS);
    }
    json.put(ClientMetadata.SELF_MADE, author == Author.CLIENT);
    List<Registration.Problem> problems = new ArrayList<>();
    checkTypes(json, problems);
    if (!problems.isEmpty()) {
      return new Reading.Malformed(problems);
    }
    SecurityProfile profile = profile(json, problems);
    ClientAuthentication authentication = authentication(json, profile, problems);
    Set<GrantType> grants = grants(json, problems);
    checkResponses(json, grants, problems);
    checkSigning(json, profile, problems);
    String sector = sector(json, problems);
    Set<String> scopes = scopes(json, profile, grants, sector, author, problems);
    if (!problems.isEmpty()) {
      return new Reading.Malformed(problems);
    }
    return new Reading.Read(
        new Client(
            clientId,
            text(json, "client_name").orElse(clientId),
            profile,
            authentication,
            jwks(json),
            set(json, "redirect_uris"),
            grants,
            scopes,
            text(json, "id_token_signed_response_alg").orElseGet(profile::idTokenAlg),
            !Boolean.FALSE.equals(json.get(CONSENT_REQUIRED)),
            new Client.Logout(
                set(json, "post_logout_redirect_uris"),
                text(json, "backchannel_logout_uri").orElse(null),
                Boolean.TRUE.equals(json.get("backchannel_logout_session_required"))),
            ClientMetadata.read(json, sector)));
  }

  private static void checkTypes(Map<String, Object> json, List<Registration.Problem> problems) {
    json.forEach(
        (name, value) -> {
          if ((TEXTS.contains(name) || name.equals(ClientMetadata.MAY_ACT))
              && !(value instanceof String)) {
            problems.add(problem(name, "must be a string"));
          }
          if ((LISTS.contains(name) || name.equals(ClientMetadata.RESOURCES)) && !strings(value)) {
            problems.add(problem(name, "must be an array of at most 100 strings"));
          }
          if ((FLAGS.contains(name) || FLAGS_OF_ADMINS.contains(name))
              && !(value instanceof Boolean)) {
            problems.add(problem(name, "must be true or false"));
          }
          if (name.equals("jwks") && !(value instanceof Map<?, ?>)) {
            problems.add(problem(name, "must be a JWK set"));
          }
          if (name.equals("default_max_age") && !wholeNumber(value)) {
            problems.add(problem(name, "must be a number of seconds, three decades at most"));
          }
          if (name.endsWith(ENCRYPTION) || name.equals("request_object_encryption_alg")) {
            problems.add(problem(name, "cannot be had: nothing is encrypted here"));
          }
        });
  }

  private static boolean strings(Object value) {
    return value instanceof List<?> list
        && list.size() <= LIST_MAX
        && list.stream().allMatch(String.class::isInstance);
  }

  private static boolean wholeNumber(Object value) {
    return (value instanceof Integer || value instanceof Long)
        && ((Number) value).longValue() >= 0
        && ((Number) value).longValue() < 1_000_000_000L;
  }

  private static SecurityProfile profile(
      Map<String, Object> json, List<Registration.Problem> problems) {
    Optional<String> named = text(json, PROFILE);
    if (named.isEmpty()) {
      return text(json, "token_endpoint_auth_method")
              .equals(Optional.of(ClientAuthentication.NONE.value()))
          ? SecurityProfile.CHAT
          : SecurityProfile.WEB;
    }
    return SecurityProfile.named(named.get())
        .orElseGet(
            () -> {
              problems.add(problem(PROFILE, "must be `chat`, `fapi2` or `web`"));
              return SecurityProfile.WEB;
            });
  }

  private static ClientAuthentication authentication(
      Map<String, Object> json, SecurityProfile profile, List<Registration.Problem> problems) {
    Optional<String> named = text(json, "token_endpoint_auth_method");
    if (named.isEmpty()) {
      return switch (profile) {
        case CHAT -> ClientAuthentication.NONE;
        case FAPI2 -> ClientAuthentication.PRIVATE_KEY_JWT;
        // RFC 7591 §2 has it Basic; some libraries send it in the body all the same, unasked
        case WEB -> ClientAuthentication.CLIENT_SECRET;
      };
    }
    return ClientAuthentication.named(named.get())
        .orElseGet(
            () -> {
              problems.add(problem("token_endpoint_auth_method", "is not known here"));
              return ClientAuthentication.NONE;
            });
  }

  private static Set<GrantType> grants(
      Map<String, Object> json, List<Registration.Problem> problems) {
    if (!json.containsKey("grant_types")) {
      // RFC 7591 §2
      return Set.of(GrantType.AUTHORIZATION_CODE);
    }
    Set<GrantType> grants = new HashSet<>();
    for (String name : set(json, "grant_types")) {
      GrantType.of(name)
          .ifPresentOrElse(
              grants::add,
              () -> problems.add(problem("grant_types", quoted(name) + " is not known here")));
    }
    return grants;
  }

  private static void checkResponses(
      Map<String, Object> json, Set<GrantType> grants, List<Registration.Problem> problems) {
    Set<GrantType> needed = new HashSet<>();
    for (String name : set(json, ClientMetadata.RESPONSE_TYPES)) {
      ResponseType.named(name)
          .ifPresentOrElse(
              type -> needed.add(type.grant()),
              () ->
                  problems.add(
                      problem(ClientMetadata.RESPONSE_TYPES, quoted(name) + " is not known here")));
    }
    if (!json.containsKey(ClientMetadata.RESPONSE_TYPES)
        && grants.contains(GrantType.AUTHORIZATION_CODE)) {
      // RFC 7591 §2: what is not said is `code`
      needed.add(GrantType.AUTHORIZATION_CODE);
    }
    Set<GrantType> granted = new HashSet<>(grants);
    granted.retainAll(Set.of(GrantType.AUTHORIZATION_CODE, GrantType.IMPLICIT));
    if (!needed.equals(granted)) {
      problems.add(
          problem(
              ClientMetadata.RESPONSE_TYPES,
              "must be `code` with the grant `authorization_code`, `id_token` or `id_token token`"
                  + " with `implicit`, or nothing"));
    }
  }

  private static void checkSigning(
      Map<String, Object> json, SecurityProfile profile, List<Registration.Problem> problems) {
    String idTokens = text(json, "id_token_signed_response_alg").orElseGet(profile::idTokenAlg);
    if (!text(json, "authorization_signed_response_alg").orElse(idTokens).equals(idTokens)) {
      problems.add(
          problem("authorization_signed_response_alg", "must be that of the client's ID tokens"));
    }
    String type = text(json, "application_type").orElse("web");
    if (!type.equals("web") && !type.equals("native")) {
      problems.add(problem("application_type", "must be `web` or `native`"));
    }
  }

  /** By whose name the people of a pairwise client are called; null where subjects are public. */
  private static @Nullable String sector(
      Map<String, Object> json, List<Registration.Problem> problems) {
    String type = text(json, "subject_type").orElse("public");
    if (!type.equals("pairwise")) {
      if (!type.equals("public")) {
        problems.add(problem("subject_type", "must be `public` or `pairwise`"));
      }
      return null;
    }
    Optional<String> uri = text(json, "sector_identifier_uri");
    Set<String> hosts =
        (uri.isPresent() ? Set.of(uri.get()) : set(json, "redirect_uris"))
            .stream()
                .map(one -> Objects.requireNonNullElse(ClientMetadata.hostOf(one), ""))
                .map(host -> host.toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet());
    if (hosts.size() != 1 || hosts.contains("")) {
      problems.add(
          problem(
              "sector_identifier_uri",
              "is needed for pairwise subjects, unless all redirect URIs are of one host"));
      return null;
    }
    return hosts.iterator().next();
  }

  private static Set<String> scopes(
      Map<String, Object> json,
      SecurityProfile profile,
      Set<GrantType> grants,
      @Nullable String sector,
      Author author,
      List<Registration.Problem> problems) {
    Set<String> possible = new HashSet<>(ClientRules.scopesOfPersons(profile));
    // whoever has it administers this server: that is not for a client to take
    possible.remove(Scopes.ADMIN);
    if (sector != null && !Boolean.TRUE.equals(json.get(ClientMetadata.GATEWAY_TOKENS))) {
      possible.removeAll(Scopes.WITH_ACCOUNT_IDS);
    }
    Optional<String> asked = text(json, "scope");
    if (asked.isEmpty()) {
      return grants.contains(GrantType.AUTHORIZATION_CODE)
              || grants.contains(GrantType.IMPLICIT)
              || grants.contains(GrantType.DEVICE_CODE)
          ? possible
          : Set.of();
    }
    Set<String> scopes =
        Arrays.stream(asked.get().split(" ", -1))
            .filter(scope -> !scope.isEmpty())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    if (author == Author.CLIENT) {
      // RFC 7591 §2: those that it may not have are left out, as the answer says
      scopes.retainAll(possible);
    } else if (scopes.size() > LIST_MAX) {
      problems.add(problem("scope", "holds too many"));
    }
    return scopes;
  }

  private static @Nullable String jwks(Map<String, Object> json) {
    return json.get("jwks") instanceof Map<?, ?> jwks
        ? JSONObjectUtils.toJSONString(object(jwks))
        : null;
  }

  @SuppressWarnings("unchecked") // JSON has no other names than strings
  private static Map<String, Object> object(Map<?, ?> value) {
    return (Map<String, Object>) value;
  }

  /** The client's metadata as it is registered, without its id. */
  public static Map<String, Object> write(Client client, Author author) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("client_name", client.name());
    json.put(PROFILE, client.profile().text());
    List<String> methods = List.copyOf(new TreeSet<>(client.authentication().methods()));
    if (methods.size() == 1 || author == Author.CLIENT) {
      // a client reads the default of RFC 7591; an admin may write back what is read here
      json.put("token_endpoint_auth_method", methods.getFirst());
    }
    json.put("redirect_uris", sorted(client.redirectUris()));
    json.put("grant_types", client.grantTypes().stream().map(GrantType::value).sorted().toList());
    json.put(
        ClientMetadata.RESPONSE_TYPES,
        Arrays.stream(ResponseType.values()).filter(client::may).map(ResponseType::value).toList());
    json.put("scope", String.join(" ", new TreeSet<>(client.scopes())));
    json.put("id_token_signed_response_alg", client.idTokenAlg());
    json.put("authorization_signed_response_alg", client.idTokenAlg());
    if (client.jwks() != null) {
      try {
        json.put("jwks", JSONObjectUtils.parse(client.jwks()));
      } catch (ParseException e) {
        throw new IllegalStateException("stored keys are unreadable", e);
      }
    }
    Client.Logout logout = client.logout();
    if (!logout.redirectUris().isEmpty()) {
      json.put("post_logout_redirect_uris", sorted(logout.redirectUris()));
    }
    if (logout.backchannelUri() != null) {
      json.put("backchannel_logout_uri", logout.backchannelUri());
      json.put("backchannel_logout_session_required", logout.sessionRequired());
    }
    json.putAll(client.metadata().toMap());
    // whether it was asked for, or comes with the profile
    json.put("dpop_bound_access_tokens", client.boundToKey());
    json.put("require_pushed_authorization_requests", client.pushesOnly());
    if (author == Author.ADMIN) {
      json.put(CONSENT_REQUIRED, client.consentRequired());
      json.putAll(client.metadata().ofAdmins());
    }
    return json;
  }

  private static List<String> sorted(Set<String> values) {
    return List.copyOf(new TreeSet<>(values));
  }

  private static Optional<String> text(Map<String, Object> json, String name) {
    return json.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
  }

  private static Set<String> set(Map<String, Object> json, String name) {
    return json.get(name) instanceof List<?> list
        ? list.stream().map(String.class::cast).collect(Collectors.toCollection(LinkedHashSet::new))
        : Set.of();
  }

  private static String quoted(String text) {
    return "`" + text.substring(0, Math.min(text.length(), 100)) + "`";
  }

  private static Registration.Problem problem(String field, String message) {
    return new Registration.Problem(field, message);
  }
}
