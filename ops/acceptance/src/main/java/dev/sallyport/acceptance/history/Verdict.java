package dev.sallyport.acceptance.history;

import java.util.ArrayList;
import java.util.List;

/**
 * What one check found. One that examined nothing has not passed: it saw no reason to.
 *
 * @param check its name
 * @param promise what it holds the relay to
 * @param examined how many observations it looked at
 * @param broken how many of them break the promise
 * @param findings the first of these, in words
 */
public record Verdict(
    String check, String promise, long examined, long broken, List<String> findings) {

  private static final int FINDINGS_MAX = 8;

  public boolean passed() {
    return examined > 0 && broken == 0;
  }

  /** In one line; the findings follow it elsewhere. */
  public String line() {
    return "%-9s %s: %s"
        .formatted(
            check,
            promise,
            examined == 0
                ? "nothing was examined"
                : broken == 0
                    ? examined + " examined"
                    : "broken " + broken + " times, of " + examined + " examined");
  }

  /** One being come to. */
  static final class Open {
    private final String check;
    private final String promise;
    private long examined;
    private long broken;
    private final List<String> findings = new ArrayList<>();

    Open(String check, String promise) {
      this.check = check;
      this.promise = promise;
    }

    void examined() {
      examined++;
    }

    void broken(String finding) {
      broken++;
      if (findings.size() < FINDINGS_MAX) {
        findings.add(finding);
      }
    }

    /** Examines one thing. */
    void holds(boolean holds, java.util.function.Supplier<String> otherwise) {
      examined();
      if (!holds) {
        broken(otherwise.get());
      }
    }

    Verdict done() {
      return new Verdict(check, promise, examined, broken, List.copyOf(findings));
    }
  }
}
