package dev.sallyport.auth;

import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the Amazon Corretto Crypto Provider before the JDK's, where it is packaged for this platform
 * and works: it signs and verifies with ES256 eight times as fast. Everything else stays as the JDK
 * has it, and so does everything where the provider is missing: see {@code ops/decisions/0202}.
 */
final class NativeCryptography {
  /** System property; {@code false} keeps to the JDK's own providers. */
  static final String SWITCH = "sallyport.native-cryptography";

  private static final Logger LOG = LoggerFactory.getLogger(NativeCryptography.class);
  private static final String NAME = "AmazonCorrettoCryptoProvider";

  private NativeCryptography() {}

  /** Once for a process, before anything asks for a signature. */
  static void install() {
    if (!Boolean.parseBoolean(System.getProperty(SWITCH, "true"))
        || Security.getProvider(NAME) != null) {
      return;
    }
    packaged().filter(NativeCryptography::works).ifPresent(NativeCryptography::prefer);
  }

  private static Optional<Provider> packaged() {
    try {
      return ServiceLoader.load(Provider.class).stream()
          .filter(provider -> provider.type().getSimpleName().equals(NAME))
          .map(ServiceLoader.Provider::get)
          .findFirst();
    } catch (ServiceConfigurationError | LinkageError unusable) {
      LOG.info("native cryptography is not used: {}", unusable.toString());
      return Optional.empty();
    }
  }

  private static void prefer(Provider provider) {
    Security.insertProviderAt(provider, 1);
    LOG.debug("signatures are made by {} {}", provider.getName(), provider.getVersionStr());
  }

  /** Whether its library could be loaded here, and agrees with the JDK about a signature. */
  static boolean works(Provider provider) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      var keys = generator.generateKeyPair();
      byte[] message = {1, 2, 3};
      Signature signer = Signature.getInstance("SHA256withECDSA", provider);
      signer.initSign(keys.getPrivate());
      signer.update(message);
      Signature verifier = Signature.getInstance("SHA256withECDSA");
      verifier.initVerify(keys.getPublic());
      verifier.update(message);
      return verifier.verify(signer.sign());
    } catch (GeneralSecurityException | RuntimeException | LinkageError unusable) {
      LOG.info("native cryptography is not used: {}", unusable.toString());
      return false;
    }
  }
}
