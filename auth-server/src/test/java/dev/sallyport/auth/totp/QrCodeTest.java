package dev.sallyport.auth.totp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.zxing.common.BitMatrix;
import com.google.zxing.common.DecoderResult;
import com.google.zxing.qrcode.decoder.Decoder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class QrCodeTest {

  private static final Pattern MODULE = Pattern.compile("M(\\d+) (\\d+)h1v1h-1z");
  private static final int QUIET_ZONE = 4;

  @Test
  void of_anEnrolment_readsBack() throws Exception {
    String uri = "otpauth://totp/Sallyport:alice?secret=GEZDGNBVGY3TQOJQ&issuer=Sallyport";
    QrCode code = QrCode.of(uri);
    BitMatrix bits = new BitMatrix(code.size() - 2 * QUIET_ZONE);
    Matcher module = MODULE.matcher(code.path());
    while (module.find()) {
      bits.set(
          Integer.parseInt(module.group(1)) - QUIET_ZONE,
          Integer.parseInt(module.group(2)) - QUIET_ZONE);
    }
    DecoderResult result = new Decoder().decode(bits);
    assertThat(result.getText()).isEqualTo(uri);
    assertThat(code.toString()).doesNotContain("M");
  }
}
