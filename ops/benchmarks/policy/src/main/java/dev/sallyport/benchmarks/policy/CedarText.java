package dev.sallyport.benchmarks.policy;

/** The rules of a scenario in Cedar, read alike by our engine and by the reference. */
final class CedarText {

  /** Seven rules that refuse and one that permits; each kind of test that policies are made of. */
  private static final String GLOBAL =
      """
      @id("archived")
      forbid (principal, action == Chat::Action::"message.send", resource)
      when { resource.archived };

      @id("classified")
      forbid (principal, action, resource)
      when { resource.classified }
      unless { context.mfa && context.ip.isInRange(ip("%1$s")) };

      @id("size")
      forbid (principal, action == Chat::Action::"message.send", resource)
      when { context.size > %2$d };

      @id("suspended")
      forbid (principal, action, resource)
      when { principal.suspended };

      @id("window")
      forbid (principal, action, resource)
      unless { context.now >= datetime("%3$s") && context.now < datetime("%4$s") };

      @id("legal")
      forbid (principal, action, resource)
      when { resource.name like "legal-*" }
      unless { ["legal", "audit"].contains(principal.department) };

      @id("label")
      forbid (principal, action == Chat::Action::"message.send", resource)
      when { resource.label == "export-controlled" };

      @id("admin")
      permit (principal in Chat::Role::"admin", action, resource);
      """;

  /** What a thoughtful admin writes: rules over the room's own roles, no rule for one room. */
  private static final String IDIOMATIC =
      """
      @id("members")
      permit (
        principal,
        action in [Chat::Action::"message.send", Chat::Action::"message.read"],
        resource is Chat::Room
      )
      when { principal in resource.members };

      @id("moderators")
      permit (principal, action == Chat::Action::"room.kick", resource is Chat::Room)
      when { principal in resource.moderators };

      @id("owners")
      permit (principal, action == Chat::Action::"room.archive", resource is Chat::Room)
      when { principal in resource.owners };

      @id("bots")
      forbid (principal, action == Chat::Action::"message.send", resource)
      when { principal.department == "bots" && context.size > 1024 };

      @id("nights")
      forbid (principal, action == Chat::Action::"room.archive", resource)
      when { context.now.toTime() > duration("20h") };
      """;

  private CedarText() {}

  static String of(Scenario scenario) {
    StringBuilder text =
        new StringBuilder(
            GLOBAL.formatted(Scenario.OFFICE, Scenario.SIZE_MAX, Scenario.OPENS, Scenario.CLOSES));
    switch (scenario.shape()) {
      case IDIOMATIC -> idiomatic(scenario, text);
      case GROWN -> grants(scenario, text);
    }
    return text.toString();
  }

  private static void idiomatic(Scenario scenario, StringBuilder text) {
    text.append('\n').append(IDIOMATIC);
    // departments with limits of their own fill the set up to its size
    for (int i = Scenario.GLOBAL_RULES + 5; i < scenario.policies(); i++) {
      text.append(
          """

          @id("department-%1$d")
          forbid (principal, action == Chat::Action::"message.send", resource)
          when { principal.department == "department-%1$d" && context.size > %1$d };
          """
              .formatted(i));
    }
  }

  private static void grants(Scenario scenario, StringBuilder text) {
    for (int i = 0; i < scenario.grants(); i++) {
      text.append(
          """

          @id("grant-%1$d")
          permit (
            principal in Chat::RoomRole::"%2$s",
            action in [Chat::Action::"message.send", Chat::Action::"message.read"],
            resource == Chat::Room::"room-%3$d"
          );
          """
              .formatted(i, team(i % Scenario.ROOMS, i / Scenario.ROOMS), i % Scenario.ROOMS));
    }
  }

  /** The id of a team of a room, and in the idiomatic shape of its members. */
  static String team(int room, int team) {
    return "room-" + room + "/team-" + team;
  }
}
