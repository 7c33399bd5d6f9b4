package dev.sallyport.gateway.room;

import dev.sallyport.gateway.door.Admission;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.door.PolicyDoor;
import dev.sallyport.gateway.door.RoleSource;
import dev.sallyport.policy.Decision;
import dev.sallyport.policy.Effect;
import dev.sallyport.policy.ErrorMode;
import dev.sallyport.policy.PolicyEngine;
import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.Request;
import dev.sallyport.policy.Schema;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The second door with the policies that Sallyport starts with, and whatever a test adds. */
final class TestDoor implements PolicyDoor {

  private static final Path FOLDER = Path.of("../auth-server/src/main/resources/policy");

  private final String defaults;
  private final Schema schema;
  private volatile PolicyEngine engine;
  private final AtomicLong version = new AtomicLong(1);

  TestDoor() {
    try {
      defaults = Files.readString(FOLDER.resolve("default.cedar"));
      schema = Schema.parse(Files.readString(FOLDER.resolve("chat.cedarschema"))).orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    engine = plan("");
  }

  private PolicyEngine plan(String more) {
    var policies = PolicySet.parse(defaults + more).orElseThrow();
    var problems = policies.validate(schema);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(problems.toString());
    }
    return PolicyEngine.plan(policies, schema, ErrorMode.FAIL_CLOSED);
  }

  /** Activates the defaults and these. */
  void activate(String more) {
    engine = plan(more);
    version.incrementAndGet();
  }

  @Override
  public Admission decide(Caller caller, String action, EntityView resource, RecordValue context) {
    return switch (engine.authorize(
        request(caller, action, resource, context), entities(caller, resource))) {
      case Decision.Permitted permitted -> Admission.ADMITTED;
      case Decision.Refused refused ->
          new Admission.Refused(
              "policy_denied",
              refused.determining().stream()
                  .filter(one -> one.effect() == Effect.FORBID)
                  .flatMap(one -> one.message().stream())
                  .findFirst()
                  .orElse("policy does not permit this"),
              "decision-id",
              false);
    };
  }

  @Override
  public boolean permits(Caller caller, String action, EntityView resource, RecordValue context) {
    return engine
        .decide(request(caller, action, resource, context), entities(caller, resource))
        .permitted();
  }

  @Override
  public long version() {
    return version.get();
  }

  private static Request request(
      Caller caller, String action, EntityView resource, RecordValue context) {
    var session =
        RecordValue.of(
            Map.of(
                "now", new DatetimeValue(0),
                "clientId", StringValue.of(caller.clientId()),
                "mfa", BooleanValue.of(caller.mfa())));
    return new Request(
        caller.user(),
        EntityUid.of("Chat::Action", action),
        resource.uid(),
        context.with("session", session));
  }

  private static Entities entities(Caller caller, EntityView resource) {
    var room = resource instanceof RoleSource source ? source : null;
    return uid -> {
      if (uid.equals(resource.uid())) {
        return resource;
      }
      if (uid.type().equals("Chat::User")) {
        return new UserView(uid, uid.equals(caller.user()) ? caller.attributes() : Map.of(), room);
      }
      return room == null ? null : room.find(uid);
    };
  }

  private record UserView(EntityUid uid, Map<String, Value> attributes, @Nullable RoleSource room)
      implements EntityView {
    @Override
    public @Nullable Value attribute(String name) {
      return attributes.get(name);
    }

    @Override
    public boolean isIn(EntityUid ancestor) {
      return room != null && room.holds(uid, ancestor);
    }

    @Override
    public Iterable<EntityUid> ancestors() {
      return room == null ? List.of() : room.rolesOf(uid);
    }
  }
}
