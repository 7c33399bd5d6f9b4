package dev.sallyport.gateway.mls;

import com.google.protobuf.ByteString;
import java.util.Base64;
import java.util.Optional;

/** Reads bytes that JSON carries: base64 or base64url (RFC 4648 §4, §5), padded or not. */
public final class Base64Bytes {

  private Base64Bytes() {}

  /** Empty if it is neither. */
  public static Optional<ByteString> read(String text) {
    try {
      var decoder =
          text.indexOf('-') >= 0 || text.indexOf('_') >= 0
              ? Base64.getUrlDecoder()
              : Base64.getDecoder();
      return Optional.of(ByteString.copyFrom(decoder.decode(text)));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
