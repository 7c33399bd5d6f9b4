package dev.sallyport.gateway.sender;

import com.google.protobuf.ByteString;
import org.springframework.stereotype.Component;

/** Shows tests of other packages what the gateway publishes. */
@Component
public final class TestSender {

  private final SenderKeys keys;

  TestSender(SenderKeys keys) {
    this.keys = keys;
  }

  public String keyId() {
    return keys.all().getFirst().id();
  }

  public ByteString externalSender() {
    return keys.externalSender(keys.all().getFirst());
  }
}
