package dev.sallyport.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.log.AppendOutcome.Appended;
import dev.sallyport.gateway.log.RoomRecord.Member;
import dev.sallyport.gateway.log.RoomRecord.State;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is read back from every store of the room log. */
abstract class LogReadsContract extends LogFixture {

  @Test
  void append_timeOfTheRoomNeverGoesBack() {
    var room = room();
    at(Instant.parse("2026-11-23T12:00:00Z"));
    var first = appended(application(room, "a")).entry();
    at(Instant.parse("2026-11-23T11:00:00Z"));
    var second = appended(application(room, "b")).entry();

    assertThat(second.acceptedAtMillis()).isEqualTo(first.acceptedAtMillis());
  }

  @Test
  void read_fromACursor_continuesAfterItAndAnchorsTheChain() {
    var room = room();
    var second = appended(application(room, "a")).entry();
    var third = appended(application(room, "b")).entry();

    var page = join(log().read(room, 2, 10));

    assertThat(page.entries()).containsExactly(third);
    assertThat(page.chainBefore()).isEqualTo(second.chainHash());
    assertThat(page.end()).isTrue();
    assertThat(page.complete()).isTrue();
  }

  @Test
  void heads_tellWhereLogsAndInboxesEnd_ofThoseThereAre() {
    var room = roomWithBob();
    var last = appended(application(room, "a")).entry();
    var device = UUID.randomUUID().toString();
    var asked = new ArrayList<>(List.of(room, UUID.randomUUID().toString()));
    // More than one statement asks for.
    for (int i = 0; i < 300; i++) {
      asked.add(UUID.randomUUID().toString());
    }
    var other = room();
    asked.add(other);
    join(
        log()
            .deliver(
                room,
                List.of(
                    new Append.Delivery(device, new InboxItem.Invitation(ALICE, "member")),
                    new Append.Delivery(device, new InboxItem.KeyPackagesLow(3)))));

    assertThat(join(log().heads(asked)))
        .isEqualTo(Map.of(room, new RoomLog.Head(2, last.seq()), other, new RoomLog.Head(1, 1)));
    assertThat(join(log().inboxHeads(List.of(device, phone)))).isEqualTo(Map.of(device, 2L));
    assertThat(join(log().heads(List.of()))).isEmpty();
  }

  @Test
  void read_atTheEnd_isEmptyAndAnchored() {
    var room = room();
    var last = appended(application(room, "a")).entry();

    var page = join(log().read(room, last.seq(), 10));

    assertThat(page.entries()).isEmpty();
    assertThat(page.end()).isTrue();
    assertThat(page.complete()).isTrue();
    assertThat(page.chainBefore()).isEqualTo(last.chainHash());
  }

  @Test
  void read_isBoundedByEntriesAndByBytes() {
    var room = room();
    for (int i = 0; i < 120; i++) {
      var _ = log().append(application(room, "m" + i));
    }
    appended(application(room, "last"));
    assertThat(join(log().read(room, 0, 1_000_000)).entries()).hasSize(RoomLog.PAGE_ENTRIES_MAX);
    assertThat(join(log().read(room, 0, 7)).end()).isFalse();
    assertThat(join(log().read(room, 0, -1)).entries()).hasSize(1);

    var big = room();
    for (int i = 0; i < 20; i++) {
      var _ =
          log()
              .append(
                  message(
                      big,
                      phone,
                      clientMessageId(),
                      new Content.Application(ByteString.copyFrom(new byte[65_536]), 0)));
    }
    appended(application(big, "last"));
    var page = join(log().read(big, 0, 100));
    assertThat(page.entries()).hasSize(5);
    assertThat(page.end()).isFalse();
    assertThat(readAll(big)).hasSize(22);
  }

  @Test
  void readInbox_isNumberedByDevice() {
    var device = UUID.randomUUID().toString();
    var low = new InboxItem.KeyPackagesLow(3);
    var invitation = new InboxItem.Invitation(ALICE, "guest");
    join(log().deliver("", List.of(new Append.Delivery(device, low))));
    join(
        log()
            .deliver(
                "room",
                List.of(
                    new Append.Delivery(device, invitation),
                    new Append.Delivery(UUID.randomUUID().toString(), low))));

    assertThat(join(log().readInbox(device, 0, 10)).entries())
        .extracting(InboxEntry::seq, InboxEntry::item)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(1L, low),
            org.assertj.core.groups.Tuple.tuple(2L, invitation));
    var rest = join(log().readInbox(device, 1, 1));
    assertThat(rest.entries()).extracting(InboxEntry::item).containsExactly(invitation);
    assertThat(rest.complete()).isTrue();
  }

  @Test
  void forgetInbox_dropsWhatTheDeviceHoldsAndSaysSo() {
    var device = UUID.randomUUID().toString();
    var low = new Append.Delivery(device, new InboxItem.KeyPackagesLow(3));
    join(log().deliver("", List.of(low, low, low)));

    join(log().forgetInbox(device, 2));

    var fromStart = join(log().readInbox(device, 0, 10));
    assertThat(fromStart.entries()).extracting(InboxEntry::seq).containsExactly(3L);
    assertThat(fromStart.complete()).isFalse();
    assertThat(join(log().readInbox(device, 2, 10)).complete()).isTrue();
    join(log().deliver("", List.of(low)));
    assertThat(join(log().readInbox(device, 3, 10)).entries())
        .extracting(InboxEntry::seq)
        .containsExactly(4L);
  }

  @Test
  void forgetInbox_beyondItsEnd_doesNothing() {
    var device = UUID.randomUUID().toString();
    join(log().deliver("", List.of(new Append.Delivery(device, new InboxItem.KeyPackagesLow(3)))));

    join(log().forgetInbox(device, 99));

    assertThat(join(log().readInbox(device, 0, 10)).entries()).hasSize(1);
  }

  @Test
  void inbox_keepsItsNewest() {
    var device = UUID.randomUUID().toString();
    var low = new Append.Delivery(device, new InboxItem.KeyPackagesLow(3));
    for (int i = 0; i < RoomLog.INBOX_ENTRIES_MAX / 100; i++) {
      join(log().deliver("", java.util.Collections.nCopies(100, low)));
    }
    join(log().deliver("", List.of(low, low)));

    var page = join(log().readInbox(device, 0, 10));
    assertThat(page.complete()).isFalse();
    assertThat(page.entries().getFirst().seq()).isEqualTo(3);
  }

  @Test
  void room_isWhatItsEventsMadeOfIt() {
    var room = room();
    assertThat(append(event(room, 1, RoomEvent.about(RoomEvent.Type.INVITED, BOB, "guest"))))
        .isInstanceOf(Appended.class);
    appended(application(room, "m"));
    append(event(room, 2, RoomEvent.about(RoomEvent.Type.JOINED, BOB, "guest")));
    append(event(room, 4, RoomEvent.about(RoomEvent.Type.ROLE_CHANGED, BOB, "moderator")));
    var carol = UUID.randomUUID().toString();
    var last = appended(event(room, 5, RoomEvent.about(RoomEvent.Type.BANNED, carol, "")));

    var record = join(log().room(room)).orElseThrow();

    assertThat(record.name()).isEqualTo("a room");
    assertThat(record.version()).isEqualTo(6);
    assertThat(record.restrictedAt()).isEqualTo(6);
    assertThat(record.lastSeq()).isEqualTo(6);
    assertThat(record.chainHash()).isEqualTo(last.entry().chainHash());
    assertThat(record.members())
        .containsExactlyInAnyOrder(
            new Member(ALICE, State.JOINED, "owner", 1),
            new Member(BOB, State.JOINED, "moderator", 2),
            new Member(carol, State.BANNED, "", 6));

    append(event(room, 6, RoomEvent.about(RoomEvent.Type.UNBANNED, carol, "")));
    append(event(room, 7, RoomEvent.about(RoomEvent.Type.LEFT, BOB, "")));
    append(event(room, 8, RoomEvent.archived()));
    var after = join(log().room(room)).orElseThrow();
    assertThat(after.members()).extracting(Member::userId).containsExactly(ALICE);
    assertThat(after.archived()).isTrue();
    assertThat(join(log().room(UUID.randomUUID().toString()))).isEmpty();
  }

  @Test
  void roomsOf_listsJoinedAndInvitedButNotBanned() {
    var user = UUID.randomUUID().toString();
    var invited = room();
    var banned = room();
    var joined = room();
    append(event(invited, 1, RoomEvent.about(RoomEvent.Type.INVITED, user, "member")));
    append(event(banned, 1, RoomEvent.about(RoomEvent.Type.BANNED, user, "")));
    append(event(joined, 1, RoomEvent.about(RoomEvent.Type.JOINED, user, "member")));

    var all = join(log().roomsOf(user, "", 10));
    assertThat(all).containsExactlyInAnyOrder(invited, joined).isSorted();
    assertThat(join(log().roomsOf(user, all.getFirst(), 10))).containsExactly(all.getLast());
    assertThat(join(log().roomsOf(user, "", 1))).containsExactly(all.getFirst());
  }
}
