package dev.sallyport.benchmarks.policy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The floor: what a programmer would write by hand for exactly these rules, over live objects. It
 * looks up who asks and where by id, as any engine must, and knows nothing of policies.
 */
final class HandWritten implements Decider {
  private static final long OFFICE = 10;

  private record Person(boolean suspended, String department, Set<String> teams, boolean admin) {}

  private record Place(
      String name, boolean archived, boolean classified, String label, List<String> teams) {}

  private record Question(
      String user, String room, int size, boolean mfa, long ip, long nowMillis) {}

  private final Map<String, Person> people = new HashMap<>();
  private final Map<String, Place> places = new HashMap<>();
  private final Question[] questions;
  private final long opens = Scenario.OPENS.toEpochMilli();
  private final long closes = Scenario.CLOSES.toEpochMilli();

  HandWritten(Scenario scenario) {
    List<List<String>> granted = new ArrayList<>();
    for (int room = 0; room < Scenario.ROOMS; room++) {
      granted.add(new ArrayList<>());
    }
    for (int i = 0; i < scenario.grants(); i++) {
      granted.get(i % Scenario.ROOMS).add(CedarText.team(i % Scenario.ROOMS, i / Scenario.ROOMS));
    }
    for (Scenario.Room room : scenario.rooms()) {
      places.put(
          room.id(),
          new Place(
              room.name(),
              room.archived(),
              room.classified(),
              room.labelled() ? "internal" : "",
              granted.get(room.number())));
    }
    for (Scenario.User user : scenario.users()) {
      Set<String> teams = new HashSet<>();
      for (int i = 0; i < user.rooms().size(); i++) {
        teams.add(CedarText.team(user.rooms().get(i), user.teams().get(i)));
      }
      people.put(user.id(), new Person(user.suspended(), user.department(), teams, false));
    }
    questions =
        scenario.asks().stream()
            .map(
                ask ->
                    new Question(
                        scenario.users().get(ask.user()).id(),
                        scenario.rooms().get(ask.room()).id(),
                        ask.size(),
                        ask.mfa(),
                        ipv4(ask.ip()),
                        Scenario.NOW.toEpochMilli()))
            .toArray(Question[]::new);
  }

  private static long ipv4(String text) {
    long address = 0;
    for (String octet : text.split("\\.", -1)) {
      address = address << 8 | Integer.parseInt(octet);
    }
    return address;
  }

  @Override
  public boolean permits(int request) {
    Question question = questions[request];
    Person person = people.get(question.user());
    Place place = places.get(question.room());
    if (person == null || place == null) {
      return false;
    }
    if (place.archived()
        || (place.classified() && !(question.mfa() && question.ip() >>> 24 == OFFICE))
        || question.size() > Scenario.SIZE_MAX
        || person.suspended()
        || question.nowMillis() < opens
        || question.nowMillis() >= closes
        || (place.name().startsWith("legal-")
            && !person.department().equals("legal")
            && !person.department().equals("audit"))
        || place.label().equals("export-controlled")) {
      return false;
    }
    if (person.admin()) {
      return true;
    }
    for (String team : place.teams()) {
      if (person.teams().contains(team)) {
        return true;
      }
    }
    return false;
  }
}
