package dev.sallyport.auth.grant;

import dev.sallyport.auth.session.Assurance;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How a client wants a person to be met (OpenID Connect Core §3.1.2.1): the parameters {@code
 * prompt}, {@code max_age}, {@code acr_values}, {@code login_hint}, and what {@code claims} says of
 * {@code acr} and {@code sub}.
 *
 * @param prompt of {@link #PROMPTS}
 * @param maxAge how long ago the sign-in may be
 * @param preferred the first of {@code acr_values} that this server knows
 * @param loginHint as the client wrote it
 * @param claims what the parameter {@code claims} asks for
 */
record Demands(
    Set<String> prompt,
    @Nullable Duration maxAge,
    @Nullable String preferred,
    @Nullable String loginHint,
    ClaimsRequest claims) {

  static final String NONE = "none";
  static final String LOGIN = "login";
  static final String CONSENT = "consent";
  static final String SELECT_ACCOUNT = "select_account";

  static final List<String> PROMPTS = List.of(NONE, LOGIN, CONSENT, SELECT_ACCOUNT);

  private static final List<String> ACRS =
      List.of(Assurance.ONE_FACTOR, Assurance.SENT_CODE, Assurance.TWO_FACTORS);

  /** A billion seconds are three decades. */
  private static final int MAX_AGE_DIGITS_MAX = 9;

  /** What came of reading the parameters. */
  sealed interface Reading {
    record Read(Demands demands) implements Reading {}

    /**
     * @param parameter the one at fault
     */
    record Malformed(String parameter, String description) implements Reading {}
  }

  static Reading read(Map<String, Object> parameters) {
    for (String name : List.of("prompt", "max_age", "acr_values", "login_hint", "claims")) {
      if (parameters.get(name) instanceof String[]) {
        return new Reading.Malformed(name, name + " is there twice");
      }
    }
    Set<String> prompt = words(parameters.get("prompt"));
    if (!PROMPTS.containsAll(prompt)) {
      return new Reading.Malformed(
          "prompt", "prompt must be of `none`, `login`, `consent`, `select_account`");
    }
    if (prompt.contains(NONE) && prompt.size() > 1) {
      return new Reading.Malformed("prompt", "prompt is `none` together with something else");
    }
    Duration maxAge = null;
    if (parameters.get("max_age") instanceof String text && !text.isEmpty()) {
      if (!text.matches("[0-9]{1," + MAX_AGE_DIGITS_MAX + "}")) {
        return new Reading.Malformed("max_age", "max_age must be a number of seconds");
      }
      maxAge = Duration.ofSeconds(Long.parseLong(text));
    }
    ClaimsRequest claims = ClaimsRequest.NOTHING;
    if (parameters.get("claims") instanceof String text && !text.isEmpty()) {
      Optional<ClaimsRequest> parsed = ClaimsRequest.parse(text);
      if (parsed.isEmpty()) {
        return new Reading.Malformed(
            "claims", "claims is not a JSON object as OpenID Connect Core §5.5 has it");
      }
      claims = parsed.get();
    }
    return new Reading.Read(
        new Demands(
            prompt,
            maxAge,
            ordered(parameters.get("acr_values")).stream()
                .filter(ACRS::contains)
                .findFirst()
                .orElse(null),
            parameters.get("login_hint") instanceof String hint && !hint.isBlank()
                ? hint.strip()
                : null,
            claims));
  }

  /** As {@link #read}, of parameters that passed it before. */
  static Demands of(Map<String, Object> parameters) {
    return switch (read(parameters)) {
      case Reading.Read(Demands demands) -> demands;
      case Reading.Malformed malformed ->
          throw new IllegalStateException("unchecked: " + malformed.description());
    };
  }

  boolean silent() {
    return prompt.contains(NONE);
  }

  /** Whether the client would like two factors, or insists on them. */
  boolean secondFactorWanted() {
    return Assurance.TWO_FACTORS.equals(preferred)
        || (!claims.acrValues().isEmpty() && !claims.acrValues().contains(Assurance.ONE_FACTOR));
  }

  /** Whether a sign-in of this worth will do, where the client insists. */
  boolean accepts(String acr) {
    return !claims.acrEssential()
        || claims.acrValues().isEmpty()
        || claims.acrValues().contains(acr)
        // two factors are one and another
        || (acr.equals(Assurance.TWO_FACTORS)
            && claims.acrValues().stream().anyMatch(ACRS::contains))
        || (acr.equals(Assurance.SENT_CODE) && claims.acrValues().contains(Assurance.ONE_FACTOR));
  }

  private static Set<String> words(@Nullable Object text) {
    return new TreeSet<>(ordered(text));
  }

  private static List<String> ordered(@Nullable Object text) {
    return text instanceof String words
        ? Arrays.stream(words.split(" ")).filter(word -> !word.isEmpty()).toList()
        : List.of();
  }
}
