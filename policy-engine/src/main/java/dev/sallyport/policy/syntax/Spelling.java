package dev.sallyport.policy.syntax;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** What somebody may have meant by a name that there is not. */
public final class Spelling {
  /** How many names are looked at: a problem may be told for every policy. */
  public static final int KNOWN_MAX = 200;

  private static final int LENGTH_MAX = 60;
  private static final int DISTANCE_MAX = 2;

  private Spelling() {}

  /**
   * Help that names the nearest of what is known, before the other advice; null if none is near.
   */
  public static @Nullable String help(String written, Collection<String> known, String advice) {
    String nearest = nearest(written, known);
    return nearest == null ? null : "did you mean `" + nearest + "`? if not, " + advice;
  }

  /**
   * The nearest of the first known names that is at most two changes away; null if there is none.
   */
  public static @Nullable String nearest(String written, Collection<String> known) {
    if (written.length() > LENGTH_MAX) {
      return null;
    }
    String nearest = null;
    // A short name is changed beyond recognition by two letters.
    int least = Math.min(DISTANCE_MAX, written.length() / 3) + 1;
    int looked = 0;
    for (String name : known) {
      if (++looked > KNOWN_MAX) {
        break;
      }
      if (Math.abs(name.length() - written.length()) < least) {
        int distance = distance(written, name);
        if (distance < least) {
          least = distance;
          nearest = name;
        }
      }
    }
    return nearest;
  }

  /** Letters to put in, leave out, change, or swap with their neighbour. */
  private static int distance(String a, String b) {
    int[] before = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] next = new int[b.length() + 1];
      next[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        next[j] = Math.min(last[j - 1] + change, Math.min(last[j], next[j - 1]) + 1);
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (swapped) {
          next[j] = Math.min(next[j], before[j - 2] + 1);
        }
      }
      before = last;
      last = next;
    }
    return last[b.length()];
  }
}
