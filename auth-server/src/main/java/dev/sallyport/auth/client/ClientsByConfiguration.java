package dev.sallyport.auth.client;

import dev.sallyport.auth.certificate.MutualTls;
import dev.sallyport.auth.signal.Actor;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Makes the clients that the configuration made what it says now: registers, changes, and disables
 * those that it no longer names, with all that they were given. Clients of another origin are not
 * its to touch. All nodes on one database need the same clients in their settings.
 */
@Component
final class ClientsByConfiguration {

  private static final Logger log = LoggerFactory.getLogger(ClientsByConfiguration.class);

  private final ConfiguredClients configured;
  private final StoredClients clients;
  private final List<ClientEnd> ends;
  private final MutualTls tls;
  private final TransactionTemplate transaction;

  ClientsByConfiguration(
      ConfiguredClients configured,
      StoredClients clients,
      List<ClientEnd> ends,
      MutualTls tls,
      TransactionTemplate transaction) {
    this.configured = configured;
    this.clients = clients;
    this.ends = List.copyOf(ends);
    this.tls = tls;
    this.transaction = transaction;
  }

  /**
   * @throws dev.sallyport.auth.installation.SettingRefused if a client is not as its profile wants
   *     it; nothing is changed then
   */
  void apply() {
    List<ConfiguredClients.Wanted> all = configured.wanted();
    Set<String> named = new HashSet<>();
    for (ConfiguredClients.Wanted wanted : all) {
      String id = wanted.client().clientId();
      named.add(id);
      if (clients.origin(id).filter(origin -> origin != ClientOrigin.CONFIGURED).isPresent()) {
        throw ConfiguredClients.refused(
            wanted.index(), "client-id", "`" + id + "` is a client that was not configured here");
      }
      ConfiguredClients.refuse(wanted.index(), ClientRules.checkHere(wanted.client(), tls));
    }
    all.forEach(this::apply);
    for (String id : clients.configured()) {
      if (!named.contains(id)) {
        disable(id);
      }
    }
  }

  private void apply(ConfiguredClients.Wanted wanted) {
    Client client = wanted.client();
    String id = client.clientId();
    if (clients.origin(id).isEmpty()) {
      // Another node may be first; it has the same settings.
      if (clients.register(client, wanted.secret(), ClientOrigin.CONFIGURED)
          instanceof Registration.Registered) {
        log.info("client `{}` is registered as configured", id);
      }
      return;
    }
    transaction.executeWithoutResult(_ -> change(client, wanted));
  }

  private void change(Client client, ConfiguredClients.Wanted wanted) {
    Set<String> changes = clients.change(client, wanted.secret());
    if (changes.contains(StoredClients.PROFILE)) {
      // what it has was given under other rules
      end(client.clientId());
    }
    if (!changes.isEmpty()) {
      log.info(
          "client `{}` is changed as configured: {}",
          client.clientId(),
          String.join(", ", changes));
    }
  }

  private void disable(String id) {
    transaction.executeWithoutResult(
        _ -> {
          if (clients.disable(id, Actor.system())) {
            log.info("client `{}` is no longer configured: disabled, {} grants ended", id, end(id));
          }
        });
  }

  private int end(String id) {
    return ends.stream().mapToInt(one -> one.ended(id)).sum();
  }
}
