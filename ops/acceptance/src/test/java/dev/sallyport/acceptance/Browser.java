package dev.sallyport.acceptance;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Headless Chromium, driven by Playwright in a Node process; each person has cookies of their own.
 */
final class Browser implements AutoCloseable {

  private final NodeProcess node = new NodeProcess("browser", "browser.mjs", Map.of());

  /** What a page is. {@code ids} are those of its visible elements. */
  record Page(String url, long status, List<String> ids, String error) {
    boolean shows(String id) {
      return ids.contains(id);
    }
  }

  /** The browser of one person. */
  Tab of(String person) {
    return new Tab(person);
  }

  final class Tab {
    private final String person;

    Tab(String person) {
      this.person = person;
    }

    Page open(String url) {
      return page(node.call("open", Map.of("name", person, "url", url)));
    }

    Page look() {
      return page(node.call("look", Map.of("name", person)));
    }

    Tab fill(String id, String value) {
      node.call("fill", Map.of("name", person, "id", id, "value", value));
      return this;
    }

    Page click(String id) {
      return page(node.call("click", Map.of("name", person, "id", id)));
    }

    Tab fillSelector(String selector, String value) {
      node.call("fillSelector", Map.of("name", person, "selector", selector, "value", value));
      return this;
    }

    Page clickSelector(String selector) {
      return page(node.call("clickSelector", Map.of("name", person, "selector", selector)));
    }

    boolean has(String selector) {
      return Boolean.TRUE.equals(
          node.call("has", Map.of("name", person, "selector", selector)).get("has"));
    }

    String text(String id) {
      return String.valueOf(node.call("text", Map.of("name", person, "id", id)).get("text"));
    }

    /** What a camera reads from the QR code that an element shows. */
    String qrCode(String id) {
      return String.valueOf(node.call("qrCode", Map.of("name", person, "id", id)).get("text"));
    }

    void screenshot(Path file) {
      node.call("screenshot", Map.of("name", person, "file", file.toString()));
    }

    /** Gives this browser a security key that verifies its owner, who always agrees. */
    Tab securityKey() {
      node.call("securityKey", Map.of("name", person));
      return this;
    }

    /**
     * Looks at the page on a phone and on a desk, by day and by night.
     *
     * @param file the beginning of the names of the pictures; empty: none are kept
     * @return where it is wider than the window
     */
    List<?> looks(String file) {
      return (List<?>)
          java.util.Objects.requireNonNull(
              node.call("looks", Map.of("name", person, "file", file)).get("wide"));
    }

    /** Closes this person's browser; the next use begins without cookies. */
    void forget() {
      node.call("forget", Map.of("name", person));
    }
  }

  @SuppressWarnings("unchecked")
  private static Page page(Map<String, Object> result) {
    return new Page(
        String.valueOf(result.get("url")),
        result.get("status") instanceof Number status ? status.longValue() : 0,
        (List<String>) java.util.Objects.requireNonNull(result.get("ids")),
        String.valueOf(result.get("error")));
  }

  @Override
  public void close() {
    node.close();
  }
}
