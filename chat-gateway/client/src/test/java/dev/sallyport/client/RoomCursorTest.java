package dev.sallyport.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.protocol.CaughtUp;
import dev.sallyport.gateway.protocol.EntryKind;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.RoomEvent;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The chain as the contract has it, and what an entry means to who stands somewhere in it. */
class RoomCursorTest {

  private static final String ROOM = "0192f0c1-0000-7000-8000-000000000001";

  /** Entries of a room from its first one on, rightly chained. */
  private static List<RoomEntry> room(int entries) throws Exception {
    List<RoomEntry> all = new ArrayList<>();
    var chain = RoomChain.start(ROOM);
    for (int seq = 1; seq <= entries; seq++) {
      var blob = ByteString.copyFromUtf8("sealed " + seq);
      var entry =
          RoomEntry.newBuilder()
              .setRoomId(ROOM)
              .setSeq(seq)
              .setKind(EntryKind.APPLICATION)
              .setSenderUserId("user")
              .setSenderDeviceId("device")
              .setClientMessageId(ByteString.copyFrom(new byte[16]))
              .setAcceptedAtMs(1_000L * seq)
              .setMlsMessage(blob)
              .setBlobHash(
                  ByteString.copyFrom(
                      MessageDigest.getInstance("SHA-256").digest(blob.toByteArray())))
              .build();
      chain = RoomChain.next(chain, entry);
      all.add(entry.toBuilder().setChainHash(chain).build());
    }
    return all;
  }

  /** Made outside of this code, by the formula in socket.proto. */
  @Test
  void chain_isThatOfTheContract() {
    assertEquals(
        "2f3cddbb777a0364b9bebe75ab1397d1ba0c8184678b9a2a7bd7975e49845355",
        HexFormat.of().formatHex(RoomChain.start(ROOM).toByteArray()));
    var event =
        RoomEvent.newBuilder()
            .setType("retention_changed")
            .setSubjectUserId("u")
            .setRetentionSeconds(3600)
            .build();
    assertEquals(
        "6d72a579fc021bdefb790825be996c2faff8ae57212c1459d51d54d0cee726f0",
        HexFormat.of().formatHex(RoomChain.eventHash(event).toByteArray()));
    var entry =
        RoomEntry.newBuilder()
            .setRoomId(ROOM)
            .setSeq(1)
            .setKind(EntryKind.EVENT)
            .setSenderUserId("u")
            .setSenderDeviceId("d")
            .setAcceptedAtMs(1_700_000_000_000L)
            .setEvent(event)
            .setBlobHash(RoomChain.eventHash(event))
            .build();
    assertEquals(
        "da76cf8872f5a958f8f72aef564ddd1fd1aad8308f93f2009cefc3013b12a77d",
        HexFormat.of().formatHex(RoomChain.next(RoomChain.start(ROOM), entry).toByteArray()));
    assertTrue(RoomChain.blobHashHolds(entry));
  }

  @Test
  void step_nextEntries_followFromTheBeginning() throws Exception {
    var cursor = RoomCursor.beginning();
    for (var entry : room(5)) {
      cursor = assertInstanceOf(RoomCursor.Step.Next.class, cursor.step(entry)).cursor();
    }
    assertEquals(5, cursor.seq());
    assertInstanceOf(RoomCursor.Step.Known.class, cursor.step(room(5).get(4)));
  }

  @Test
  void step_rewrittenOrForked_isBroken() throws Exception {
    var entries = room(4);
    var at2 = new RoomCursor(2, entries.get(1).getChainHash());
    var third = entries.get(2);
    for (var forged :
        List.of(
            third.toBuilder().setMlsMessage(ByteString.copyFromUtf8("other")).build(),
            third.toBuilder().setSenderUserId("mallory").build(),
            third.toBuilder().setAcceptedAtMs(1).build(),
            third.toBuilder().setClientMessageId(ByteString.copyFromUtf8("x")).build(),
            third.toBuilder().setKind(EntryKind.PROPOSAL).build(),
            third.toBuilder().setChainHash(entries.get(3).getChainHash()).build())) {
      assertInstanceOf(RoomCursor.Step.Broken.class, at2.step(forged));
    }
    var otherPast = new RoomCursor(2, entries.get(0).getChainHash());
    assertInstanceOf(RoomCursor.Step.Broken.class, otherPast.step(third));
    assertInstanceOf(RoomCursor.Step.Next.class, at2.step(third));
  }

  @Test
  void step_tombstone_keepsTheChainWhole() throws Exception {
    var entries = room(3);
    var at1 = new RoomCursor(1, entries.get(0).getChainHash());
    var tombstone = entries.get(1).toBuilder().clearMlsMessage().build();
    var after = assertInstanceOf(RoomCursor.Step.Next.class, at1.step(tombstone)).cursor();
    assertInstanceOf(RoomCursor.Step.Next.class, after.step(entries.get(2)));
    // A Commit is never erased, so one that is missing is one that was taken away.
    assertFalse(RoomChain.blobHashHolds(tombstone.toBuilder().setKind(EntryKind.COMMIT).build()));
  }

  @Test
  void step_missingEntries_isAGap() throws Exception {
    var entries = room(4);
    var at1 = new RoomCursor(1, entries.get(0).getChainHash());
    assertInstanceOf(RoomCursor.Step.Gap.class, at1.step(entries.get(2)));
  }

  @Test
  void contradiction_otherChainAtTheSamePlace_isTold() throws Exception {
    var entries = room(3);
    var at3 = new RoomCursor(3, entries.get(2).getChainHash());
    var marker = CaughtUp.newBuilder().setRoomId(ROOM).setSeq(3);
    assertTrue(at3.contradiction(marker.setChainHash(at3.chainHash()).build()).isEmpty());
    assertTrue(
        at3.contradiction(marker.setChainHash(entries.get(1).getChainHash()).build()).isPresent());
  }
}
