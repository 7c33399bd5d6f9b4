package dev.sallyport.gateway.room;

import dev.sallyport.gateway.door.Admission;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.door.PolicyDoor;
import dev.sallyport.gateway.fanout.Fanout;
import dev.sallyport.gateway.fanout.Follower;
import dev.sallyport.gateway.fanout.Frames;
import dev.sallyport.gateway.fanout.StreamEnd;
import dev.sallyport.gateway.fanout.StreamKey;
import dev.sallyport.gateway.log.AppendOutcome.Appended;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.protocol.Accepted;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.Cursor;
import dev.sallyport.gateway.protocol.Durability;
import dev.sallyport.gateway.protocol.Refused;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.protocol.Subscribe;
import dev.sallyport.gateway.protocol.Subscribed;
import dev.sallyport.gateway.socket.Outbox;
import dev.sallyport.gateway.socket.Relay;
import dev.sallyport.policy.value.RecordValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** The relay behind the socket: frames to {@link Sending} and to the fan-out. */
final class SocketRelay implements Relay {

  private static final Logger LOG = LoggerFactory.getLogger(SocketRelay.class);

  /** A client that has more unanswered should wait for answers; it can send again. */
  private static final int SENDS_UNANSWERED_MAX = 256;

  /** One is worked on at a time; a client sends another for each room it joins. */
  private static final int SUBSCRIBES_UNANSWERED_MAX = 16;

  /** Of one socket, so that its rooms take turns with what others ask of the database. */
  private static final int ROOMS_AT_ONCE = 4;

  private final Rooms rooms;
  private final RoomLog log;
  private final PolicyDoor door;
  private final Sending sending;
  private final Fanout fanout;
  private final Executor relay;

  SocketRelay(
      Rooms rooms, RoomLog log, PolicyDoor door, Sending sending, Fanout fanout, Executor relay) {
    this.rooms = rooms;
    this.log = log;
    this.door = door;
    this.sending = sending;
    this.fanout = fanout;
    this.relay = relay;
  }

  @Override
  public Attachment attach(Caller caller, Outbox outbox) {
    return new Open(caller, fanout.open(caller, outbox), outbox);
  }

  private final class Open implements Attachment {

    private final Caller caller;
    private final Follower follower;
    private final Outbox outbox;
    private final AtomicInteger unanswered = new AtomicInteger();

    /** Completes when the next message cannot overtake the one before. Used in order of frames. */
    private CompletableFuture<@Nullable Void> queued = CompletableFuture.completedFuture(null);

    private final AtomicInteger subscribesUnanswered = new AtomicInteger();

    /** Completes when the ones before are answered. Guarded by this object. */
    private CompletableFuture<ServerFrame> subscribing =
        CompletableFuture.completedFuture(ServerFrame.getDefaultInstance());

    Open(Caller caller, Follower follower, Outbox outbox) {
      this.caller = caller;
      this.follower = follower;
      this.outbox = outbox;
    }

    @Override
    public Mono<ServerFrame> handle(ClientFrame frame) {
      var answer =
          switch (frame.getBodyCase()) {
            case SEND -> send(frame.getSend());
            case SUBSCRIBE -> subscribe(frame.getSubscribe());
            case AUTHENTICATE, REFRESH, PING, BODY_NOT_SET ->
                CompletableFuture.completedFuture(
                    refused(Refusal.malformed("this frame is not for a room")));
          };
      return Mono.fromFuture(
          answer.exceptionally(
              failure -> {
                if (Failures.isUnavailable(failure)) {
                  return refused(Refusal.UNAVAILABLE);
                }
                LOG.error("a frame could not be served", failure);
                return refused(
                    Refusal.of(
                        Refusal.Code.UNAVAILABLE, "internal_error", "something went wrong here"));
              }));
    }

    private CompletableFuture<ServerFrame> send(Send send) {
      if (unanswered.incrementAndGet() > SENDS_UNANSWERED_MAX) {
        unanswered.decrementAndGet();
        return CompletableFuture.completedFuture(refused(TOO_MANY_UNANSWERED));
      }
      CompletableFuture<Sending.Sent> sent;
      synchronized (this) {
        var before = queued;
        var mine = new CompletableFuture<@Nullable Void>();
        queued = mine;
        sent =
            before.isDone()
                ? sending.send(caller, send, mine)
                : before.thenComposeAsync(done -> sending.send(caller, send, mine), relay);
      }
      return sent.whenComplete((outcome, failure) -> unanswered.decrementAndGet())
          .thenApply(
              outcome ->
                  switch (outcome) {
                    case Sending.Sent.Accepted(Appended appended) -> accepted(appended);
                    case Sending.Sent.Refused(Refusal refusal) -> refused(refusal);
                  });
    }

    private CompletableFuture<ServerFrame> subscribe(Subscribe subscribe) {
      if (subscribe.getRoomsCount() > Follower.SUBSCRIPTIONS_MAX) {
        return CompletableFuture.completedFuture(
            refused(
                Refusal.malformed(
                    "a socket follows at most " + Follower.SUBSCRIPTIONS_MAX + " rooms")));
      }
      if (subscribesUnanswered.incrementAndGet() > SUBSCRIBES_UNANSWERED_MAX) {
        subscribesUnanswered.decrementAndGet();
        return CompletableFuture.completedFuture(refused(TOO_MANY_UNANSWERED));
      }
      CompletableFuture<ServerFrame> done;
      synchronized (this) {
        done =
            subscribing.isDone()
                ? subscribeNow(subscribe)
                : subscribing
                    .handle((before, failure) -> subscribe)
                    .thenComposeAsync(this::subscribeNow, relay);
        subscribing = done;
      }
      return done.whenComplete((frame, failure) -> subscribesUnanswered.decrementAndGet());
    }

    private CompletableFuture<ServerFrame> subscribeNow(Subscribe subscribe) {
      var deviceId = caller.deviceId();
      if (deviceId != null && caller.limited()) {
        outbox.offer(Frames.ended("", LIMITED));
      } else if (deviceId != null && !caller.scopes().contains("chat.read")) {
        outbox.offer(Frames.ended("", MAY_NOT_READ));
      } else if (deviceId != null) {
        long held = Math.max(0, subscribe.getInboxAfterSeq());
        if (held > 0) {
          // Only makes room: what fails here is done at the next subscription.
          var _ = log.forgetInbox(deviceId, held);
        }
        follower.follow(new StreamKey.OfInbox(deviceId), held, true);
      }
      var named = new LinkedHashMap<String, Cursor>();
      subscribe.getRoomsList().forEach(cursor -> named.putIfAbsent(cursor.getRoomId(), cursor));
      var unknown =
          named.keySet().stream()
              .filter(id -> Ids.canonical(id) && !rooms.knownJoined(id, caller.userId()))
              .toList();
      return log.joinedOf(caller.userId(), unknown)
          .thenCompose(
              joined -> {
                var theirs = new ArrayList<Cursor>();
                for (var cursor : named.values()) {
                  var id = cursor.getRoomId();
                  if (joined.contains(id) || rooms.knownJoined(id, caller.userId())) {
                    theirs.add(cursor);
                  } else {
                    outbox.offer(Frames.ended(id, NOT_FOUND));
                  }
                }
                return each(theirs, 0, this::follow);
              })
          .thenCompose(done -> followOthers(named.keySet(), ""))
          .thenApply(done -> subscribed(follower.subscriptions()));
    }

    /** Some after the other: a socket asks for few rooms at a time. */
    private <T> CompletableFuture<@Nullable Void> each(
        List<T> all, int from, Function<T, CompletableFuture<@Nullable Void>> step) {
      for (int at = from; at < all.size(); at += ROOMS_AT_ONCE) {
        int next = Math.min(at + ROOMS_AT_ONCE, all.size());
        var some =
            CompletableFuture.allOf(
                all.subList(at, next).stream().map(step).toArray(CompletableFuture[]::new));
        if (!some.isDone() || some.isCompletedExceptionally()) {
          return some.thenComposeAsync(done -> each(all, next, step), relay);
        }
      }
      return CompletableFuture.completedFuture(null);
    }

    private CompletableFuture<@Nullable Void> follow(Cursor cursor) {
      var roomId = cursor.getRoomId();
      return rooms
          .find(roomId, caller.userId())
          .thenCompose(
              found ->
                  // A cursor beyond what this node has seen may be one that another node gave.
                  found.isPresent()
                          && Long.compareUnsigned(cursor.getAfterSeq(), found.get().at()) > 0
                      ? rooms.read(roomId, caller.userId())
                      : CompletableFuture.completedFuture(found))
          .thenCompose(
              found ->
                  found.isEmpty()
                      ? ended(roomId, NOT_FOUND)
                      : follow(found.get(), cursor.getAfterSeq()));
    }

    private CompletableFuture<@Nullable Void> follow(Rooms.Seen seen, long after) {
      var room = seen.room();
      if (!room.joined(caller.userId())) {
        return ended(room.id(), NOT_FOUND);
      }
      if (door.decide(caller, "message.read", room, RecordValue.EMPTY)
          instanceof Admission.Refused refused) {
        return ended(
            room.id(), new StreamEnd(refused.code(), refused.message(), refused.decisionId()));
      }
      // The caller was a member at this entry. From an entry not after it, delivery meets whatever
      // ends the membership; from a later one it might not.
      if (Long.compareUnsigned(after, seen.at()) > 0) {
        return ended(room.id(), CURSOR_AHEAD);
      }
      return start(room, after);
    }

    private CompletableFuture<@Nullable Void> start(Room room, long after) {
      if (follower.subscriptions() > Follower.SUBSCRIPTIONS_MAX) {
        return ended(room.id(), TOO_MANY_ROOMS);
      }
      long before = room.since(caller.userId()) - 1;
      follower.follow(
          new StreamKey.OfRoom(room.id()), Math.max(after, before), after == 0 || after >= before);
      return CompletableFuture.completedFuture(null);
    }

    /** Rooms that were not named but joined, after their newest entry. */
    private CompletableFuture<@Nullable Void> followOthers(Set<String> named, String afterRoomId) {
      return log.roomsOf(caller.userId(), afterRoomId, RoomLog.PAGE_ENTRIES_MAX)
          .thenCompose(
              ids -> {
                var others = ids.stream().filter(id -> !named.contains(id)).toList();
                boolean more =
                    ids.size() == RoomLog.PAGE_ENTRIES_MAX
                        && follower.subscriptions() < Follower.SUBSCRIPTIONS_MAX;
                var all = each(others, 0, this::followNewest);
                return more ? all.thenCompose(done -> followOthers(named, ids.getLast())) : all;
              });
    }

    private CompletableFuture<@Nullable Void> followNewest(String roomId) {
      return rooms
          .find(roomId, caller.userId())
          .thenCompose(
              found ->
                  found.isEmpty() || !found.get().room().joined(caller.userId())
                      ? CompletableFuture.<@Nullable Void>completedFuture(null)
                      : follow(found.get(), found.get().at()));
    }

    private CompletableFuture<@Nullable Void> ended(String roomId, StreamEnd end) {
      outbox.offer(Frames.ended(roomId, end));
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void detach() {
      follower.close();
    }
  }

  private static final StreamEnd NOT_FOUND =
      new StreamEnd("not_found", "there is no such room that you may see", "");

  private static final StreamEnd LIMITED =
      new StreamEnd(
          "insufficient_authorization", "the inbox is not for a token limited to rooms", "");

  private static final StreamEnd MAY_NOT_READ =
      new StreamEnd("insufficient_scope", "the inbox needs the scope `chat.read`", "");

  private static final StreamEnd CURSOR_AHEAD =
      new StreamEnd("cursor_ahead", "the room's log does not reach to that entry", "");

  private static final StreamEnd TOO_MANY_ROOMS =
      new StreamEnd(
          "too_many", "a socket follows at most " + Follower.SUBSCRIPTIONS_MAX + " rooms", "");

  private static final Refusal TOO_MANY_UNANSWERED =
      new Refusal(
          Refusal.Code.RATE_LIMITED,
          "rate_limited",
          "too many messages are unanswered: wait for the answers",
          "",
          true,
          null);

  private static ServerFrame subscribed(int rooms) {
    return ServerFrame.newBuilder()
        .setSubscribed(Subscribed.newBuilder().setRooms(Math.max(0, rooms - 1)))
        .build();
  }

  private static ServerFrame accepted(Appended appended) {
    var entry = appended.entry();
    return ServerFrame.newBuilder()
        .setAccepted(
            Accepted.newBuilder()
                .setSeq(entry.seq())
                .setChainHash(entry.chainHash())
                .setDurability(durability(appended))
                .setAcceptedAtMs(entry.acceptedAtMillis())
                .setEpoch(appended.epoch()))
        .build();
  }

  static Durability durability(Appended appended) {
    return switch (appended.durability()) {
      case MEMORY -> Durability.MEMORY;
      case PROCESS -> Durability.PROCESS;
      case FSYNC -> Durability.FSYNC;
      case QUORUM -> Durability.QUORUM;
    };
  }

  private static ServerFrame refused(Refusal refusal) {
    var builder =
        Refused.newBuilder()
            .setCode(refusal.codeName())
            .setMessage(refusal.message())
            .setDecisionId(refusal.decisionId())
            .setRetryable(refusal.retryable());
    if (refusal.retryable()) {
      builder.setRetryAfterMs(refusal.retryAfterMillis());
    }
    builder.addAllRemovals(Frames.leaves(refusal.removals()));
    if (refusal.winner() != null) {
      builder.setWinner(Frames.roomEntry(refusal.winner()));
    }
    return ServerFrame.newBuilder().setRefused(builder).build();
  }
}
