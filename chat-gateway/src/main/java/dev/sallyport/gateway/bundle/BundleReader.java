package dev.sallyport.gateway.bundle;

import com.nimbusds.jose.util.JSONArrayUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.gateway.issuer.IssuerJws;
import dev.sallyport.gateway.issuer.JwsCheck;
import dev.sallyport.policy.ErrorMode;
import dev.sallyport.policy.PolicyEngine;
import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.Schema;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.entity.Attributes;
import dev.sallyport.policy.entity.EntitySet;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import org.springframework.stereotype.Component;

/** From the bytes of a bundle to policy that can decide, or to the reason why not. */
@Component
final class BundleReader {
  /** A new key may have to be fetched first. */
  private static final Duration SIGNATURE_CHECK_MAX = Duration.ofSeconds(15);

  private final IssuerJws jws;
  private final List<Attributes<?>> live;

  /**
   * @param live how the attributes of this gateway's entities are read
   */
  BundleReader(IssuerJws jws, List<Attributes<?>> live) {
    this.jws = jws;
    this.live = live;
  }

  sealed interface Reading {}

  /**
   * @param content digest of what the bundle says: the same whenever and by whichever key it was
   *     signed
   */
  record Accepted(ActivePolicy policy, String content) implements Reading {}

  /**
   * @param version of the bundle held; 0 if none
   * @param content its digest; empty if not known
   */
  record Held(long version, String content) {}

  /**
   * @param code stable: {@code untrusted}, {@code malformed}, {@code lower_version}, {@code
   *     same_version} or {@code invalid}
   * @param reason one lower-case clause
   */
  record Refused(String code, String reason) implements Reading {}

  /** Blocks. */
  Reading read(String compact, Held held) {
    JwsCheck check = jws.check(compact, IssuerJws.Format.POLICY_BUNDLE).block(SIGNATURE_CHECK_MAX);
    return switch (check) {
      case JwsCheck.Good(JWTClaimsSet claims) -> plan(claims, held, live);
      case JwsCheck.Bad(JwsCheck.Fault fault) -> new Refused("untrusted", fault.text());
      case null -> new Refused("untrusted", "its signature could not be checked");
    };
  }

  static Reading plan(JWTClaimsSet claims, Held held, List<Attributes<?>> live) {
    if (!(claims.getClaim("version") instanceof Number number)
        || number.longValue() < 1
        || !(claims.getClaim("policies") instanceof String policyText)
        || !(claims.getClaim("schema") instanceof String schemaText)
        || !(claims.getClaim("entities") instanceof List<?> entityList)) {
      return new Refused("malformed", "it lacks `version`, `policies`, `schema` or `entities`");
    }
    long version = number.longValue();
    if (version < held.version()) {
      return new Refused(
          "lower_version", "its version " + version + " is lower than " + held.version());
    }
    String content = Content.digest(policyText, schemaText, entityList);
    if (version == held.version()
        && !held.content().isEmpty()
        && !MessageDigest.isEqual(
            content.getBytes(StandardCharsets.US_ASCII),
            held.content().getBytes(StandardCharsets.US_ASCII))) {
      return new Refused(
          "same_version", "its version " + version + " was accepted with other content");
    }
    Schema schema;
    switch (Schema.parse(schemaText)) {
      case Parsed<Schema>(Schema parsed) -> schema = parsed;
      case Rejected<Schema>(List<Problem> problems) -> {
        return invalid("schema", problems);
      }
    }
    PolicySet policies;
    switch (PolicySet.parse(policyText)) {
      case Parsed<PolicySet>(PolicySet parsed) -> policies = parsed;
      case Rejected<PolicySet>(List<Problem> problems) -> {
        return invalid("policies", problems);
      }
    }
    List<Problem> errors = policies.validate(schema).stream().filter(Problem::isError).toList();
    if (!errors.isEmpty()) {
      return invalid("policies", errors);
    }
    return switch (schema.parseEntities(JSONArrayUtils.toJSONString(entityList))) {
      case Rejected<EntitySet>(List<Problem> problems) -> invalid("entities", problems);
      case Parsed<EntitySet>(EntitySet entities) ->
          new Accepted(
              new ActivePolicy(
                  version,
                  PolicyEngine.plan(policies, schema, ErrorMode.FAIL_CLOSED, live),
                  entities),
              content);
    };
  }

  private static Refused invalid(String what, List<Problem> problems) {
    return new Refused("invalid", "its " + what + ": " + problems.getFirst());
  }
}
