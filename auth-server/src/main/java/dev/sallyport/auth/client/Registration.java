package dev.sallyport.auth.client;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What came of registering a client. */
public sealed interface Registration {

  /**
   * It is a client now.
   *
   * @param secret the generated client secret, shown this once; absent where the client has none
   */
  record Registered(Client client, @Nullable String secret) implements Registration {
    @Override
    public String toString() {
      return "Registered[client=" + client.clientId() + "]";
    }
  }

  record Rejected(List<Problem> problems) implements Registration {}

  /**
   * What is wrong with what was asked for.
   *
   * @param field the client metadata field (RFC 7591) at fault
   */
  record Problem(String field, String message) {}
}
