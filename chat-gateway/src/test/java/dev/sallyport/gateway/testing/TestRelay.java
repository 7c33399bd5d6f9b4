package dev.sallyport.gateway.testing;

import dev.sallyport.gateway.door.Admission;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.door.PolicyDoor;
import dev.sallyport.gateway.door.RoleSource;
import dev.sallyport.gateway.protocol.Accepted;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.Refused;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.protocol.Subscribe;
import dev.sallyport.gateway.socket.Outbox;
import dev.sallyport.gateway.socket.Relay;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.Value;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A relay with one room, in which everyone is a member: asks policy about each send, stores
 * nothing.
 */
public final class TestRelay implements Relay {
  /** Sends to this room are not answered until they are released. */
  public static final String HELD = "held";

  private final PolicyDoor policy;
  private final CompletableFuture<ServerFrame> held = new CompletableFuture<>();
  private volatile @Nullable Function<Subscribe, ServerFrame> subscribes;
  public final Map<String, Outbox> outboxes = new ConcurrentHashMap<>();
  public final Map<String, Caller> callers = new ConcurrentHashMap<>();

  public TestRelay(PolicyDoor policy) {
    this.policy = policy;
  }

  /** Answers what was held, and what comes later. */
  public void release(ServerFrame answer) {
    held.complete(answer);
  }

  /** Answers Subscribe from now on. */
  public void answerSubscribes(Function<Subscribe, ServerFrame> answer) {
    subscribes = answer;
  }

  @Override
  public Attachment attach(Caller caller, Outbox outbox) {
    outboxes.put(caller.userId(), outbox);
    callers.put(caller.userId(), caller);
    return new Attachment() {
      @Override
      public Mono<ServerFrame> handle(ClientFrame frame) {
        if (frame.getSend().getRoomId().equals(HELD)) {
          return Mono.fromFuture(held);
        }
        var answer = subscribes;
        if (answer != null && frame.hasSubscribe()) {
          return Mono.just(answer.apply(frame.getSubscribe()));
        }
        Admission admission =
            policy.decide(
                caller,
                "message.send",
                new Room(frame.getSend().getRoomId()),
                RecordValue.of("size", Value.of(frame.getSend().getMlsMessage().size())));
        return Mono.just(
            switch (admission) {
              case Admission.Admitted admitted ->
                  ServerFrame.newBuilder().setAccepted(Accepted.newBuilder().setSeq(1)).build();
              case Admission.Refused refused ->
                  ServerFrame.newBuilder()
                      .setRefused(
                          Refused.newBuilder()
                              .setCode(refused.code())
                              .setMessage(refused.message())
                              .setDecisionId(refused.decisionId()))
                      .build();
            });
      }

      @Override
      public void detach() {
        outboxes.remove(caller.userId(), outbox);
      }
    };
  }

  /** A room as policies see it. */
  public record Room(String id) implements EntityView, RoleSource {
    private static final String ROLE = "Chat::RoomRole";

    @Override
    public EntityUid uid() {
      return EntityUid.of("Chat::Room", id);
    }

    @Override
    public @Nullable Value attribute(String name) {
      return switch (name) {
        case "owners" -> EntityUid.of(ROLE, id + "/owner");
        case "moderators" -> EntityUid.of(ROLE, id + "/moderator");
        case "members" -> EntityUid.of(ROLE, id + "/member");
        case "guests" -> EntityUid.of(ROLE, id + "/guest");
        case "archived" -> Value.of(false);
        case "joinRule" -> Value.of("invite");
        default -> null;
      };
    }

    @Override
    public boolean isIn(EntityUid ancestor) {
      return false;
    }

    @Override
    public Iterable<EntityUid> ancestors() {
      return List.of();
    }

    @Override
    public boolean holds(EntityUid user, EntityUid roomRole) {
      return roomRole.type().equals(ROLE)
          && (roomRole.id().equals(id + "/member") || roomRole.id().equals(id + "/guest"));
    }

    @Override
    public Iterable<EntityUid> rolesOf(EntityUid user) {
      return List.of(EntityUid.of(ROLE, id + "/member"), EntityUid.of(ROLE, id + "/guest"));
    }

    @Override
    public @Nullable EntityView find(EntityUid uid) {
      return uid.equals(uid()) ? this : null;
    }
  }
}
