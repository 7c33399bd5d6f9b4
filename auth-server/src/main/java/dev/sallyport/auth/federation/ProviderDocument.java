package dev.sallyport.auth.federation;

import dev.sallyport.auth.federation.IdentityProvider.ClaimRule;
import dev.sallyport.auth.federation.IdentityProvider.NewAccounts;
import dev.sallyport.auth.federation.IdentityProvider.OpenIdEndpoints;
import dev.sallyport.auth.federation.IdentityProvider.Origin;
import dev.sallyport.auth.federation.IdentityProvider.Protocol;
import dev.sallyport.auth.federation.IdentityProvider.SecondFactorRule;
import dev.sallyport.auth.federation.IdentityProvider.UserFields;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A provider as a JSON object: in the admin API and, without the secret, in the database. What is
 * not understood is refused, never ignored.
 */
public final class ProviderDocument {

  /** The members of the object; the secret is written, never read back. */
  public static final Set<String> MEMBERS =
      Set.of(
          "id",
          "name",
          "enabled",
          "protocol",
          "issuer",
          "authorization_endpoint",
          "token_endpoint",
          "jwks_uri",
          "userinfo_endpoint",
          "email_endpoint",
          "user_fields",
          "use_userinfo",
          "client_id",
          "client_secret",
          "token_endpoint_auth_method",
          "scopes",
          "acr_values",
          "second_factor",
          "new_accounts",
          "claim_rules",
          "admin_by_claims");

  /** The role that only an explicit word of an admin lets a provider's claims give. */
  static final String ADMIN_ROLE = "admin";

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Set<String> AUTHENTICATIONS =
      Set.of("client_secret_basic", "client_secret_post", "none");
  private static final Pattern PRINTABLE = Pattern.compile("[\\x21-\\x7E]+");
  private static final Pattern DOMAIN =
      Pattern.compile("[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+");
  private static final Pattern ROLE = Pattern.compile("[^\\p{Cntrl}\"\\\\]{1,64}");
  private static final int NAME_CHARS_MAX = 64;
  private static final int CLIENT_ID_CHARS_MAX = 255;
  private static final int SECRET_CHARS_MAX = 1024;
  private static final int TEXT_CHARS_MAX = 255;
  private static final int LIST_MAX = 32;
  private static final int DOMAINS_MAX = 200;
  private static final int RULES_MAX = 200;

  private ProviderDocument() {}

  /** What came of reading one. */
  public sealed interface Reading {

    /**
     * @param secretNamed whether the document says anything about the secret
     */
    record Read(IdentityProvider provider, boolean secretNamed) implements Reading {}

    /** One sentence that says what is wrong and how to mend it. */
    record Faulty(String message) implements Reading {}
  }

  /** Ends the reading of a document; never leaves this class. */
  private static final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final String sentence;

    Fault(String sentence) {
      super(null, null, false, false);
      this.sentence = sentence;
    }
  }

  /** Reads a document that someone outside wrote. */
  public static Reading read(JsonNode object) {
    try {
      return new Reading.Read(provider(object, 0, ""), object.has("client_secret"));
    } catch (Fault fault) {
      return new Reading.Faulty(fault.sentence);
    }
  }

  /** Reads what {@link #stored} wrote. */
  static IdentityProvider ofStored(
      String json, @Nullable String secret, long version, String revision) {
    try {
      return with(provider(JSON.readTree(json), version, revision), secret);
    } catch (Fault fault) {
      throw new IllegalStateException("a stored identity provider is unreadable");
    }
  }

  static IdentityProvider with(IdentityProvider it, @Nullable String secret) {
    return new IdentityProvider(
        it.id(),
        it.name(),
        it.enabled(),
        it.protocol(),
        it.clientId(),
        secret,
        it.clientAuthentication(),
        it.scopes(),
        it.requestedAcrValues(),
        it.secondFactor(),
        it.newAccounts(),
        it.claimRules(),
        it.adminByClaims(),
        it.origin(),
        it.version(),
        it.revision());
  }

  /** As it is kept. */
  static String stored(IdentityProvider provider) {
    return JSON.writeValueAsString(members(provider));
  }

  /** As the admin API shows it: everything but the secret. */
  public static Map<String, Object> shown(IdentityProvider provider) {
    Map<String, Object> document = members(provider);
    document.put("client_secret_set", provider.clientSecret() != null);
    document.put("read_only", provider.origin() == Origin.CONFIGURED);
    document.put("version", provider.version());
    return document;
  }

  private static Map<String, Object> members(IdentityProvider provider) {
    Map<String, Object> it = new LinkedHashMap<>();
    it.put("id", provider.id());
    it.put("name", provider.name());
    it.put("enabled", provider.enabled());
    switch (provider.protocol()) {
      case Protocol.OpenIdConnect(
              URI issuer,
              @Nullable OpenIdEndpoints endpoints,
              boolean userInfo) -> {
        it.put("protocol", "oidc");
        it.put("issuer", issuer.toString());
        if (endpoints != null) {
          it.put("authorization_endpoint", endpoints.authorization().toString());
          it.put("token_endpoint", endpoints.token().toString());
          it.put("jwks_uri", endpoints.jwks().toString());
          if (endpoints.userInfo() != null) {
            it.put("userinfo_endpoint", endpoints.userInfo().toString());
          }
        }
        it.put("use_userinfo", userInfo);
      }
      case Protocol.OAuth2 oauth -> {
        it.put("protocol", "oauth2");
        it.put("authorization_endpoint", oauth.authorization().toString());
        it.put("token_endpoint", oauth.token().toString());
        it.put("userinfo_endpoint", oauth.userInfo().toString());
        if (oauth.emails() != null) {
          it.put("email_endpoint", oauth.emails().toString());
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("id", oauth.fields().id());
        fields.put("username", oauth.fields().username());
        fields.put("name", oauth.fields().name());
        fields.put("email", oauth.fields().email());
        if (oauth.fields().emailVerified() != null) {
          fields.put("email_verified", oauth.fields().emailVerified());
        }
        it.put("user_fields", fields);
      }
    }
    it.put("client_id", provider.clientId());
    if (provider.clientAuthentication() != null) {
      it.put("token_endpoint_auth_method", provider.clientAuthentication());
    }
    it.put("scopes", provider.scopes());
    it.put("acr_values", provider.requestedAcrValues());
    it.put(
        "second_factor",
        Map.of(
            "amr", new TreeSet<>(provider.secondFactor().amr()),
            "acr", new TreeSet<>(provider.secondFactor().acr())));
    it.put(
        "new_accounts",
        Map.of(
            "create",
            provider.newAccounts().create(),
            "email_domains",
            new TreeSet<>(provider.newAccounts().emailDomains())));
    it.put("claim_rules", provider.claimRules().stream().map(ProviderDocument::rule).toList());
    it.put("admin_by_claims", provider.adminByClaims());
    return it;
  }

  private static Map<String, Object> rule(ClaimRule rule) {
    Map<String, Object> it = new LinkedHashMap<>();
    it.put("claim", rule.claim());
    it.put("value", rule.value());
    it.put("roles", new TreeSet<>(rule.roles()));
    it.put("groups", new TreeSet<>(rule.groups()));
    return it;
  }

  private static IdentityProvider provider(JsonNode it, long version, String revision) {
    known(it, MEMBERS, "identity provider");
    String id = required(it, "id");
    if (!ConfiguredProviders.ID.matcher(id).matches()) {
      throw new Fault("`id` has 1 to 64 of `a-z 0-9 -` and begins with a letter or digit");
    }
    String name = text(it, "name", NAME_CHARS_MAX);
    if (name != null && !ROLE.matcher(name).matches()) {
      throw new Fault("`name` has 1 to 64 characters without quotes or controls");
    }
    String kind = required(it, "protocol");
    Protocol protocol =
        switch (kind) {
          case "oidc" -> openId(it);
          case "oauth2" -> oauth2(it);
          default -> throw new Fault("`protocol` is `oidc` or `oauth2`");
        };
    boolean openId = protocol instanceof Protocol.OpenIdConnect;
    String clientId = required(it, "client_id");
    if (clientId.length() > CLIENT_ID_CHARS_MAX || !PRINTABLE.matcher(clientId).matches()) {
      throw new Fault("`client_id` has 1 to 255 printable characters");
    }
    String secret = text(it, "client_secret", SECRET_CHARS_MAX);
    if (secret != null && secret.isEmpty()) {
      throw new Fault("`client_secret` is empty; `null` says that there is none");
    }
    String authentication = text(it, "token_endpoint_auth_method", TEXT_CHARS_MAX);
    if (authentication != null && !AUTHENTICATIONS.contains(authentication)) {
      throw new Fault(
          "`token_endpoint_auth_method` is `client_secret_basic`, `client_secret_post` or `none`");
    }
    List<String> scopes =
        it.has("scopes")
            ? List.copyOf(tokens(it, "scopes", LIST_MAX))
            : openId ? ConfiguredProviders.SCOPES : List.of();
    if (openId && !scopes.contains("openid")) {
      throw new Fault("`scopes` of an OpenID Provider hold `openid`");
    }
    JsonNode factor = object(it, "second_factor", Set.of("amr", "acr"));
    SecondFactorRule secondFactor =
        factor == null
            ? SecondFactorRule.NEVER
            : new SecondFactorRule(
                tokens(factor, "amr", LIST_MAX), tokens(factor, "acr", LIST_MAX));
    if (!openId && !secondFactor.equals(SecondFactorRule.NEVER)) {
      throw new Fault("`second_factor` needs an ID token: `oauth2` has none");
    }
    boolean adminByClaims = flag(it, "admin_by_claims", false);
    return new IdentityProvider(
        id,
        name == null ? id : name,
        flag(it, "enabled", true),
        protocol,
        clientId,
        secret,
        authentication,
        scopes,
        List.copyOf(tokens(it, "acr_values", LIST_MAX)),
        secondFactor,
        newAccounts(it),
        rules(it, adminByClaims),
        adminByClaims,
        Origin.ADMIN,
        version,
        revision);
  }

  private static Protocol openId(JsonNode it) {
    for (String member : List.of("email_endpoint", "user_fields")) {
      if (it.has(member)) {
        throw new Fault("`" + member + "` is for `oauth2`");
      }
    }
    URI issuer = uri(it, "issuer");
    if (!Places.issuer(issuer)) {
      throw new Fault(
          "`issuer` is an https URL without query or fragment, or http on a loopback address");
    }
    OpenIdEndpoints endpoints = null;
    if (it.has("authorization_endpoint") || it.has("token_endpoint") || it.has("jwks_uri")) {
      endpoints =
          new OpenIdEndpoints(
              endpoint(it, "authorization_endpoint", issuer),
              endpoint(it, "token_endpoint", issuer),
              endpoint(it, "jwks_uri", issuer),
              it.has("userinfo_endpoint") ? endpoint(it, "userinfo_endpoint", issuer) : null);
    } else if (it.has("userinfo_endpoint")) {
      throw new Fault("name all endpoints, or none: its metadata says them then");
    }
    boolean userInfo = flag(it, "use_userinfo", false);
    if (userInfo && endpoints != null && endpoints.userInfo() == null) {
      throw new Fault("`use_userinfo` needs a `userinfo_endpoint`");
    }
    return new Protocol.OpenIdConnect(issuer, endpoints, userInfo);
  }

  private static Protocol oauth2(JsonNode it) {
    for (String member : List.of("issuer", "jwks_uri", "use_userinfo", "acr_values")) {
      if (it.has(member) && !(it.get(member).isArray() && it.get(member).isEmpty())) {
        throw new Fault("`" + member + "` is for `oidc`");
      }
    }
    URI authorization = uri(it, "authorization_endpoint");
    if (!Places.endpoint(authorization, authorization.toString())) {
      throw new Fault("`authorization_endpoint` is an https URL, or http on a loopback address");
    }
    JsonNode fields =
        object(it, "user_fields", Set.of("id", "username", "name", "email", "email_verified"));
    return new Protocol.OAuth2(
        authorization,
        endpoint(it, "token_endpoint", authorization),
        endpoint(it, "userinfo_endpoint", authorization),
        it.has("email_endpoint") ? endpoint(it, "email_endpoint", authorization) : null,
        new UserFields(
            field(fields, "id", "id"),
            field(fields, "username", "login"),
            field(fields, "name", "name"),
            field(fields, "email", "email"),
            fields == null ? null : text(fields, "email_verified", TEXT_CHARS_MAX)));
  }

  private static String field(@Nullable JsonNode fields, String member, String fallback) {
    String named = fields == null ? null : text(fields, member, TEXT_CHARS_MAX);
    return named == null || named.isEmpty() ? fallback : named;
  }

  private static NewAccounts newAccounts(JsonNode it) {
    JsonNode node = object(it, "new_accounts", Set.of("create", "email_domains"));
    if (node == null) {
      return NewAccounts.NONE;
    }
    boolean create = flag(node, "create", false);
    Set<String> domains = new LinkedHashSet<>();
    for (String domain : tokens(node, "email_domains", DOMAINS_MAX)) {
      String canonical = domain.toLowerCase(Locale.ROOT);
      if (!canonical.equals(NewAccounts.ANYONE) && !DOMAIN.matcher(canonical).matches()) {
        throw new Fault("`email_domains` are names such as `acme.example`, or `*` for anyone");
      }
      domains.add(canonical);
    }
    if (create && domains.isEmpty()) {
      throw new Fault(
          "`new_accounts` needs `email_domains`: those whose people get an account, or `*` for"
              + " anyone whom the provider knows");
    }
    return new NewAccounts(create, domains);
  }

  private static List<ClaimRule> rules(JsonNode it, boolean adminByClaims) {
    JsonNode node = it.get("claim_rules");
    if (node == null) {
      return List.of();
    }
    if (!node.isArray() || node.size() > RULES_MAX) {
      throw new Fault("`claim_rules` is an array of at most " + RULES_MAX + " rules");
    }
    List<ClaimRule> rules = new ArrayList<>();
    for (JsonNode one : node) {
      known(one, Set.of("claim", "value", "roles", "groups"), "claim rule");
      ClaimRule rule =
          new ClaimRule(
              requiredShort(one, "claim"),
              requiredShort(one, "value"),
              names(one, "roles"),
              names(one, "groups"));
      if (rule.roles().isEmpty() && rule.groups().isEmpty()) {
        throw new Fault("a claim rule gives `roles`, `groups` or both");
      }
      if (!adminByClaims && rule.roles().stream().anyMatch(ADMIN_ROLE::equalsIgnoreCase)) {
        throw new Fault(
            "a claim rule gives the role `admin`: say `admin_by_claims` if this provider is to make"
                + " administrators");
      }
      rules.add(rule);
    }
    return rules;
  }

  private static Set<String> names(JsonNode it, String member) {
    Set<String> names = strings(it, member, LIST_MAX);
    for (String name : names) {
      if (!ROLE.matcher(name).matches()) {
        throw new Fault(
            "`" + member + "` have 1 to 64 characters each, without quotes or controls");
      }
    }
    return names;
  }

  private static void known(JsonNode it, Set<String> members, String what) {
    if (!it.isObject()) {
      throw new Fault("an " + what + " is an object");
    }
    for (String name : it.propertyNames()) {
      if (!members.contains(name)) {
        throw new Fault("there is a member that an " + what + " does not have");
      }
    }
  }

  private static @Nullable JsonNode object(JsonNode it, String member, Set<String> members) {
    JsonNode node = it.get(member);
    if (node == null) {
      return null;
    }
    if (!node.isObject() || !members.containsAll(new HashSet<>(node.propertyNames()))) {
      throw new Fault(
          "`" + member + "` is an object of " + String.join(", ", new TreeSet<>(members)));
    }
    return node;
  }

  private static String required(JsonNode it, String member) {
    String text = text(it, member, Places.URL_CHARS_MAX);
    if (text == null || text.isBlank()) {
      throw new Fault("`" + member + "` is missing");
    }
    return text;
  }

  private static String requiredShort(JsonNode it, String member) {
    String text = required(it, member);
    if (text.length() > TEXT_CHARS_MAX) {
      throw new Fault("`" + member + "` has at most " + TEXT_CHARS_MAX + " characters");
    }
    return text;
  }

  private static @Nullable String text(JsonNode it, String member, int charsMax) {
    JsonNode node = it.get(member);
    if (node == null || node.isNull()) {
      return null;
    }
    if (!node.isString() || node.stringValue().length() > charsMax) {
      throw new Fault("`" + member + "` is a string of at most " + charsMax + " characters");
    }
    return node.stringValue();
  }

  private static boolean flag(JsonNode it, String member, boolean fallback) {
    JsonNode node = it.get(member);
    if (node != null && !node.isBoolean()) {
      throw new Fault("`" + member + "` is true or false");
    }
    return node == null ? fallback : node.booleanValue();
  }

  private static Set<String> tokens(JsonNode it, String member, int countMax) {
    Set<String> tokens = strings(it, member, countMax);
    for (String token : tokens) {
      if (!PRINTABLE.matcher(token).matches()) {
        throw new Fault("`" + member + "` hold printable characters without spaces");
      }
    }
    return tokens;
  }

  private static Set<String> strings(JsonNode it, String member, int countMax) {
    JsonNode node = it.get(member);
    if (node == null) {
      return Set.of();
    }
    if (!node.isArray() || node.size() > countMax) {
      throw new Fault("`" + member + "` is an array of at most " + countMax + " strings");
    }
    Set<String> strings = new LinkedHashSet<>();
    for (JsonNode item : node) {
      if (!item.isString() || item.stringValue().length() > TEXT_CHARS_MAX) {
        throw new Fault(
            "`" + member + "` holds strings of at most " + TEXT_CHARS_MAX + " characters");
      }
      strings.add(item.stringValue());
    }
    return strings;
  }

  private static URI uri(JsonNode it, String member) {
    String text = required(it, member);
    try {
      URI uri = new URI(text);
      if (uri.getHost() != null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // told below
    }
    throw new Fault("`" + member + "` is not an absolute URL");
  }

  private static URI endpoint(JsonNode it, String member, URI base) {
    URI uri = uri(it, member);
    if (!Places.endpoint(base, Objects.requireNonNull(uri.toString()))) {
      throw new Fault(
          "`"
              + member
              + "` is an https URL that is not of this machine; http and loopback only where the"
              + " provider is there itself");
    }
    return uri;
  }
}
