package dev.sallyport.benchmarks.policy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The rules of a scenario in Cedar, read alike by our engine and by the reference. */
final class CedarText {
  private CedarText() {}

  static String schema() {
    return resource("chat.cedarschema");
  }

  static String of(Scenario scenario) {
    StringBuilder text = new StringBuilder(resource("global.cedar"));
    switch (scenario.shape()) {
      case IDIOMATIC -> text.append('\n').append(resource("idiomatic.cedar"));
      case GROWN -> {
        for (int i = 0; i < scenario.grants(); i++) {
          boolean unscoped =
              scenario.extra() == Scenario.Extra.UNSCOPED_GRANT && i < scenario.extras();
          text.append(unscoped ? unscopedGrant(i) : grant(i));
        }
      }
    }
    for (int i = 0; i < scenario.extras(); i++) {
      text.append(Extras.cedar(scenario.extra(), i));
    }
    return text.toString();
  }

  private static String grant(int i) {
    return """

    @id("grant-%1$d")
    permit (
      principal in Chat::RoomRole::"%2$s",
      action in [Chat::Action::"message.send", Chat::Action::"message.read"],
      resource == Chat::Room::"room-%3$d"
    );
    """
        .formatted(i, Scenario.teamOf(i), Scenario.roomOf(i));
  }

  private static String unscopedGrant(int i) {
    return """

    @id("grant-%1$d")
    permit (principal, action, resource)
    when {
      [Chat::Action::"message.send", Chat::Action::"message.read"].contains(action) &&
      resource == Chat::Room::"room-%3$d" &&
      principal in Chat::RoomRole::"%2$s"
    };
    """
        .formatted(i, Scenario.teamOf(i), Scenario.roomOf(i));
  }

  private static String resource(String name) {
    try (InputStream in = CedarText.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
