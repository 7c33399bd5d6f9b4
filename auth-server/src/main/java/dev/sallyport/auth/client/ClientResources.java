package dev.sallyport.auth.client;

import dev.sallyport.auth.installation.SettingRefused;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The resources that each client may have tokens for, beside this server's own API (RFC 8707): an
 * operator's word, {@code sallyport.clients[n].resources} or the admin API's, never a client's. And
 * who may act for its people ({@code may-act}, RFC 8693 §4.4).
 */
@ConfigurationProperties("sallyport")
public record ClientResources(@DefaultValue List<Entry> clients) {

  static final int RESOURCES_MAX = 20;

  private static final int LENGTH_MAX = 500;

  /**
   * @param resources absolute URIs without fragment
   * @param mayAct the client that may act for people with this one's tokens
   */
  public record Entry(
      @Nullable String clientId, @DefaultValue Set<String> resources, @Nullable String mayAct) {}

  public ClientResources {
    clients = List.copyOf(clients);
    for (int index = 0; index < clients.size(); index++) {
      Set<String> resources = clients.get(index).resources();
      if (resources.size() > RESOURCES_MAX) {
        throw ConfiguredClients.refused(index, "resources", "holds more than " + RESOURCES_MAX);
      }
      for (String resource : resources) {
        if (!wellFormed(resource)) {
          throw new SettingRefused(
              "`sallyport.clients[%d].resources`: `%s` is no absolute URI without a fragment"
                  .formatted(index, resource));
        }
      }
    }
  }

  /** RFC 8707 §2. */
  public static boolean wellFormed(String resource) {
    try {
      URI uri = new URI(resource);
      return resource.length() <= LENGTH_MAX && uri.isAbsolute() && uri.getRawFragment() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** What this client may name. */
  public Set<String> of(Client client) {
    Set<String> configured = entry(client).resources();
    Set<String> registered = client.metadata().resources();
    return configured.isEmpty() ? registered : configured;
  }

  /** Who may act for the people whose tokens this client has; null: nobody in particular. */
  public @Nullable String mayAct(Client client) {
    @Nullable String configured = entry(client).mayAct();
    return configured == null ? client.metadata().mayAct() : configured;
  }

  private Entry entry(Client client) {
    return byId().getOrDefault(client.clientId(), NONE);
  }

  private static final Entry NONE = new Entry(null, Set.of(), null);

  private Map<String, Entry> byId() {
    Map<String, Entry> byId = new HashMap<>();
    for (Entry entry : clients) {
      if (entry.clientId() != null) {
        byId.put(entry.clientId(), entry);
      }
    }
    return byId;
  }
}
