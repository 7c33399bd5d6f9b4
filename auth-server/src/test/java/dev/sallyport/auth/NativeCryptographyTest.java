package dev.sallyport.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import org.junit.jupiter.api.Test;

final class NativeCryptographyTest {

  @Test
  void works_providerThatSignsNothing_isNotUsed() {
    Provider silent =
        new Provider("Silent", "1", "") {
          private static final long serialVersionUID = 1;
        };

    assertThat(NativeCryptography.works(silent)).isFalse();
  }

  @Test
  void works_providerOfTheJdk_does() {
    assertThat(NativeCryptography.works(Security.getProvider("SunEC"))).isTrue();
  }

  @Test
  void install_whereItIsPackaged_signsByIt() throws Exception {
    NativeCryptography.install();

    Provider packaged = Security.getProvider("AmazonCorrettoCryptoProvider");
    boolean supported =
        System.getProperty("os.name").equals("Linux")
            && System.getProperty("os.arch").matches("amd64|aarch64");
    assertThat(packaged != null).isEqualTo(supported);
    assertThat(Signature.getInstance("SHA256withECDSA").getProvider().getName())
        .isEqualTo(supported ? packaged.getName() : "SunEC");
  }
}
