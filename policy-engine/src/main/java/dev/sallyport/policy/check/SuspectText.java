package dev.sallyport.policy.check;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.syntax.Children;
import dev.sallyport.policy.syntax.Expr;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.syntax.Scope;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.StringValue;
import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Warns of text that may not be what it looks like, as the reference does: characters that turn the
 * direction of text around, letters of several scripts in one word, and in names characters that
 * few can tell apart or that cannot be seen.
 *
 * <p>The reference asks the tables of Unicode Technical Standard 39 for the last two. Here they are
 * told from what the JDK knows, and what it does not know is listed: the two were compared for
 * every character up to U+1FFFF, alone and behind a Latin letter. What a newer Unicode assigns is
 * unknown to the JDK, and warned of, until the JDK knows it.
 */
final class SuspectText {
  /** The scripts recommended for names: Unicode Standard Annex 31, table 5. */
  private static final Set<UnicodeScript> EVERYDAY =
      EnumSet.of(
          UnicodeScript.COMMON,
          UnicodeScript.INHERITED,
          UnicodeScript.ARABIC,
          UnicodeScript.ARMENIAN,
          UnicodeScript.BENGALI,
          UnicodeScript.BOPOMOFO,
          UnicodeScript.CYRILLIC,
          UnicodeScript.DEVANAGARI,
          UnicodeScript.ETHIOPIC,
          UnicodeScript.GEORGIAN,
          UnicodeScript.GREEK,
          UnicodeScript.GUJARATI,
          UnicodeScript.GURMUKHI,
          UnicodeScript.HAN,
          UnicodeScript.HANGUL,
          UnicodeScript.HEBREW,
          UnicodeScript.HIRAGANA,
          UnicodeScript.KANNADA,
          UnicodeScript.KATAKANA,
          UnicodeScript.KHMER,
          UnicodeScript.LAO,
          UnicodeScript.LATIN,
          UnicodeScript.MALAYALAM,
          UnicodeScript.MYANMAR,
          UnicodeScript.ORIYA,
          UnicodeScript.SINHALA,
          UnicodeScript.TAMIL,
          UnicodeScript.TELUGU,
          UnicodeScript.THAANA,
          UnicodeScript.THAI,
          UnicodeScript.TIBETAN);

  /**
   * Scripts that are written together: in Japanese, Korean, and Chinese with its phonetic signs.
   */
  private static final List<Set<UnicodeScript>> CUSTOMARY =
      List.of(
          EnumSet.of(UnicodeScript.HAN, UnicodeScript.HIRAGANA, UnicodeScript.KATAKANA),
          EnumSet.of(UnicodeScript.HAN, UnicodeScript.HANGUL),
          EnumSet.of(UnicodeScript.HAN, UnicodeScript.BOPOMOFO));

  private static final Pattern WORDS = Pattern.compile("\\s+");

  /**
   * What the JDK takes for a part of a name, in scripts in everyday use, and the standard
   * restricts: marks and letters of technical, obsolete and uncommon use. Its {@code
   * Identifier_Status}, as far as the tests before it do not say the same.
   */
  private static final BitSet RESTRICTED =
      ranges(
          """
          180-18e 190-19f 1a2-1ae 1b1-1c3 1dd 1e4-1e5 1f6-1f7 21c-21d 220-225 234-258 25a-2af
          2b9-2ba 2bd-2c1 2c6-2d1 2ee 305 30d-30e 312 315-31a 31c-322 329-32c 32f 332-334 336-337
          33a-33f 346-373 376-377 37f 3cf 3d7-3e1 3f3 3f7-3f8 3fa-3fb 460-481 483-487 500-50f
          52a-52d 560 588 591-5b3 5b5-5bd 5bf 5c1-5c2 5c4-5c5 5c7 610-61a 640 656-65f 66e-66f 673
          68e 6a1 6d6-6dc 6df-6e4 6e7-6e8 6ea-6ed 897-89f 8ad-8b1 8b3-8b4 8ca-8e1 8e3-900 94e
          951-955 978 980 9fc a51 a75 af9 b44 b62-b63 c00 c34 c58-c5a c62-c63 c81 cde d01 d04
          d3b-d3c d44 d5f d62-d63 d81 d8f-d90 da6 ddf de6-def df3 f18-f19 f39 10a0-10c5 10f1-10f6
          1100-11ff 1369-1371 17a3-17a4 17a8 17b4-17b5 17ce-17cf 17d1 17d3 17dd 1ab0-1abd
          1abf-1ace 1c80-1c8a 1cd0-1cd2 1cd4-1cfa 1d00-1d2b 1d2f 1d3b 1d4e 1d6b-1d77 1d79-1d9a
          1dc0-1dff 1e9c-1e9d 1e9f 1efa-1eff 203f-2040 2054 20d0-20dc 20e1 20e5-20f0 2118 212e
          2132 214e 2180-2188 2c60-2c7b 2c7e-2c7f 2d00-2d25 2de0-2dff 2e2f 3021-302f 3031-3035
          303b-303c 312e 31f0-31ff a640-a66f a674-a67d a680-a69b a69e-a69f a722-a76f a771-a787
          a78b-a78c a78e-a791 a794-a7a9 a7ab-a7bf a7cb-a7cd a7da-a7dc a7f5-a7f7 a7fa-a7ff
          a8e0-a8f7 a8fb a8fd-a8ff a960-a97c a9cf a9e0-a9e6 ab30-ab5a ab60-ab65 ab68 d7b0-d7c6
          d7cb-d7fb fb1e fe00-fe0f fe20-fe2f fe73 10140-10174 101fd 102e0 10780 10ec2-10ec4
          10efc-10eff 116d0-116e3 16fe3 1aff0-1aff3 1aff5-1affb 1affd-1affe 1b000-1b11e
          1cf00-1cf2d 1cf30-1cf46 1d165-1d169 1d16d-1d172 1d17b-1d182 1d185-1d18b 1d1aa-1d1ad
          1d242-1d244
          """);

  /** What is no part of a name for the JDK, and may be for the standard. */
  private static final Set<Integer> ALLOWED_TOO =
      Set.of(
          0x375, 0x58a, 0x5f3, 0x5f4, 0x6fd, 0x6fe, 0xf0b, 0x2010, 0x2019, 0x2027, 0x30a0, 0x11301,
          0x11303, 0x1133c);

  private final PolicyText policy;
  private final List<Problem> problems = new ArrayList<>();

  private SuspectText(PolicyText policy) {
    this.policy = policy;
  }

  /** Warnings about a policy or template, in the order of its text. */
  static List<Problem> warnings(PolicyText policy) {
    SuspectText text = new SuspectText(policy);
    text.scope(policy.principal());
    switch (policy.action()) {
      case Scope.OfAction.Any() -> {}
      case Scope.OfAction.Equal(EntityUid uid, At at) -> text.name(uid.id(), at);
      case Scope.OfAction.In(List<EntityUid> uids, _, At at) ->
          uids.forEach(uid -> text.name(uid.id(), at));
    }
    text.scope(policy.resource());
    policy.conditions().forEach(condition -> text.expression(condition.body()));
    return text.problems;
  }

  private void scope(Scope scope) {
    Scope.Ref ref = scope.reference();
    EntityUid uid = ref == null ? null : ref.uid();
    if (ref != null && uid != null) {
      name(uid.id(), ref.at());
    }
  }

  private void expression(Expr expr) {
    switch (expr) {
      case Expr.Literal(EntityUid uid, At at) -> name(uid.id(), at);
      case Expr.Literal(StringValue(String value), At at) -> string(value, at);
      case Expr.GetAttribute(_, String name, At at) -> name(name, at);
      case Expr.Has(_, List<String> path, At at) -> path.forEach(name -> name(name, at));
      case Expr.Like(_, var pattern, At at) -> string(String.join("*", pattern.parts()), at);
      case Expr.RecordOf(List<Expr.Field> fields, At at) ->
          fields.forEach(field -> name(field.name(), at));
      default -> {}
    }
    Children.of(expr).forEach(this::expression);
  }

  private void string(String text, At at) {
    if (!turns(text, at) && isMixed(text)) {
      warn(ProblemCode.MIXED_SCRIPTS, "`" + text + "` mixes letters of several scripts", at);
    }
  }

  private void name(String text, At at) {
    if (turns(text, at)) {
      return;
    }
    int suspect = text.codePoints().filter(c -> !isPlain(c)).findFirst().orElse(-1);
    if (suspect >= 0) {
      warn(
          ProblemCode.CONFUSABLE_CHARACTER,
          "the name has the character "
              + String.format(Locale.ROOT, "U+%04X", suspect)
              + ", which is easily missed or mistaken",
          at);
    } else if (isMixed(text)) {
      warn(ProblemCode.MIXED_SCRIPTS, "`" + text + "` mixes letters of several scripts", at);
    }
  }

  private boolean turns(String text, At at) {
    int turning = text.chars().filter(SuspectText::turnsDirection).findFirst().orElse(-1);
    if (turning < 0) {
      return false;
    }
    warn(
        ProblemCode.BIDIRECTIONAL_TEXT,
        "the character "
            + String.format(Locale.ROOT, "U+%04X", turning)
            + " makes what follows look like something else",
        at);
    return true;
  }

  private static boolean turnsDirection(int c) {
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  }

  private void warn(ProblemCode code, String message, At at) {
    problems.add(new Problem(code, message, policy.span(at), policy.id(), null));
  }

  private static BitSet ranges(String text) {
    BitSet set = new BitSet();
    for (String range : (Iterable<String>) WORDS.splitAsStream(text)::iterator) {
      int dash = range.indexOf('-');
      int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash), 16);
      set.set(first, 1 + (dash < 0 ? first : Integer.parseInt(range.substring(dash + 1), 16)));
    }
    return set;
  }

  /** Whether a character of a name is one that everybody can tell. */
  private static boolean isPlain(int c) {
    return c < 0x7f
        ? c >= ' '
        : ALLOWED_TOO.contains(c)
            || (Character.isUnicodeIdentifierPart(c)
                && !Character.isIdentifierIgnorable(c)
                && EVERYDAY.contains(UnicodeScript.of(c))
                && Normalizer.isNormalized(Character.toString(c), Normalizer.Form.NFKC)
                && !RESTRICTED.get(c));
  }

  /** The script, also of the characters that few scripts share, which the JDK calls common. */
  private static UnicodeScript script(int c) {
    return switch (c) {
      case 0x342, 0x345, 0x375 -> UnicodeScript.GREEK;
      case 0x58a -> UnicodeScript.ARMENIAN;
      case 0x5f3, 0x5f4 -> UnicodeScript.HEBREW;
      case 0x64b, 0x64c, 0x64d, 0x64e, 0x64f, 0x650, 0x651, 0x652, 0x653, 0x654, 0x655 ->
          UnicodeScript.ARABIC;
      case 0x670, 0x6fd, 0x6fe -> UnicodeScript.ARABIC;
      case 0xf0b -> UnicodeScript.TIBETAN;
      case 0x3006 -> UnicodeScript.HAN;
      case 0x3099, 0x309a, 0x30a0, 0x30fb, 0x30fc -> UnicodeScript.KATAKANA;
      case 0x11301, 0x11303, 0x1133b, 0x1133c -> UnicodeScript.TAMIL;
      default -> UnicodeScript.of(c);
    };
  }

  /**
   * Whether there is no one script, or one custom of mixing them, that all characters belong to. A
   * character that stands for nothing, or for what each may choose, belongs to none.
   */
  private static boolean isMixed(String text) {
    if (text.chars().allMatch(c -> c < 0x80)) {
      return false;
    }
    Set<UnicodeScript> scripts = EnumSet.noneOf(UnicodeScript.class);
    text.codePoints().forEach(c -> scripts.add(script(c)));
    scripts.remove(UnicodeScript.COMMON);
    scripts.remove(UnicodeScript.INHERITED);
    return scripts.contains(UnicodeScript.UNKNOWN)
        || (scripts.size() > 1 && CUSTOMARY.stream().noneMatch(mix -> mix.containsAll(scripts)));
  }
}
