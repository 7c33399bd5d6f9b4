package dev.sallyport.auth.person;

import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.EventRecorded;
import dev.sallyport.auth.signal.SecurityEvent;
import java.util.List;
import java.util.Map;
import org.springframework.context.annotation.Profile;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** The demo's people have full cards, so that applications under test have something to be told. */
@Component
@Profile("demo")
class DemoCards {

  /** As their display names have it. */
  private static final Map<String, List<String>> NAMES =
      Map.of("alice", List.of("Alice", "Adler"), "bob", List.of("Bob", "Brandt"));

  private final PersonCards cards;

  DemoCards(PersonCards cards) {
    this.cards = cards;
  }

  @EventListener
  void on(EventRecorded recorded) {
    if (recorded.event() instanceof SecurityEvent.AccountCreated(String accountId, String username)
        && NAMES.get(username) instanceof List<String> names) {
      cards.replace(accountId, card(username, names), null, Actor.system());
    }
  }

  private static Map<String, Object> card(String username, List<String> names) {
    return Map.ofEntries(
        Map.entry("given_name", names.getFirst()),
        Map.entry("middle_name", "Sally"),
        Map.entry("family_name", names.getLast()),
        Map.entry("nickname", names.getFirst()),
        Map.entry("profile", "https://sallyport.example/people/" + username),
        Map.entry("picture", "https://sallyport.example/people/" + username + ".png"),
        Map.entry("website", "https://" + username + ".sallyport.example"),
        Map.entry("gender", "unstated"),
        Map.entry("birthdate", "2000-01-31"),
        Map.entry("zoneinfo", "Europe/Paris"),
        Map.entry("locale", "en-GB"),
        Map.entry(
            "address",
            Map.of(
                "formatted", "1 Castle Street\nDover CT16 1PD\nUnited Kingdom",
                "street_address", "1 Castle Street",
                "locality", "Dover",
                "region", "Kent",
                "postal_code", "CT16 1PD",
                "country", "United Kingdom")),
        // of those kept free for fiction
        Map.entry("phone_number", "+44 1632 960000"),
        Map.entry("phone_number_verified", true));
  }
}
