package dev.sallyport.acceptance.history;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The hash chain of a room, written anew from the published contract ({@code socket.proto}). */
final class HashChain {

  private static final HexFormat HEX = HexFormat.of();

  /** Of RoomEvent, by field number less one. */
  static final int RETENTION_SECONDS = 7;

  static final int REDACTED_SEQ = 8;
  static final int EVENT_FIELDS = 10;

  private HashChain() {}

  static String start(String room) {
    var bytes = new ByteArrayOutputStream();
    put(bytes, utf8("sallyport.v1.room-chain"));
    put(bytes, utf8(room));
    return HEX.formatHex(sha256(bytes.toByteArray()));
  }

  static String next(String before, Fact.Entry entry) {
    var bytes = new ByteArrayOutputStream();
    put(bytes, HEX.parseHex(before));
    put(bytes, number(entry.seq()));
    put(bytes, number(entry.kind()));
    put(bytes, utf8(entry.user()));
    put(bytes, utf8(entry.device()));
    put(bytes, HEX.parseHex(entry.messageId()));
    put(bytes, number(entry.acceptedAtMs()));
    put(bytes, HEX.parseHex(entry.blobHash()));
    return HEX.formatHex(sha256(bytes.toByteArray()));
  }

  /** What {@code blob_hash} of an event must be. */
  static String ofEvent(Fact.Entry entry) {
    var fields = entry.event();
    int used = fields.size();
    while (used > 0 && isEmpty(used - 1, fields.get(used - 1))) {
      used--;
    }
    var bytes = new ByteArrayOutputStream();
    for (int i = 0; i < used; i++) {
      var field = fields.get(i);
      put(
          bytes,
          isEmpty(i, field)
              ? new byte[0]
              : isNumber(i) ? number(Long.parseLong(field)) : utf8(field));
    }
    return HEX.formatHex(sha256(bytes.toByteArray()));
  }

  private static boolean isNumber(int field) {
    return field == RETENTION_SECONDS || field == REDACTED_SEQ;
  }

  private static boolean isEmpty(int field, String value) {
    return value.isEmpty() || (isNumber(field) && value.equals("0"));
  }

  private static void put(ByteArrayOutputStream to, byte[] value) {
    to.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(value.length).array());
    to.writeBytes(value);
  }

  private static byte[] number(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
