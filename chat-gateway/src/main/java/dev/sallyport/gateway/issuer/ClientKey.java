package dev.sallyport.gateway.issuer;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.text.ParseException;

/**
 * The key by which this gateway is an OAuth client: made on first start, private half in {@code
 * client-key.json} (0600), public half in {@code client-jwks.json} for the auth-server to read.
 */
final class ClientKey {
  private static final int FILE_BYTES_MAX = 16 * 1024;

  private ClientKey() {}

  /** The key on disk, or a new one put there. */
  static ECKey readOrMake(Path data, SecureRandom random) throws IOException, JOSEException {
    Files.createDirectories(data);
    Path secret = data.resolve("client-key.json");
    ECKey key;
    if (Files.exists(secret)) {
      key = read(secret);
    } else {
      key =
          new ECKeyGenerator(Curve.P_256)
              .keyUse(KeyUse.SIGNATURE)
              .algorithm(JWSAlgorithm.ES256)
              .keyIDFromThumbprint(true)
              .secureRandom(random)
              .generate();
      TrustFolder.replace(secret, key.toJSONString().getBytes(StandardCharsets.UTF_8), "rw-------");
    }
    byte[] published =
        new JWKSet(key.toPublicJWK()).toString(true).getBytes(StandardCharsets.UTF_8);
    Path open = data.resolve("client-jwks.json");
    if (!Files.exists(open) || !java.util.Arrays.equals(Files.readAllBytes(open), published)) {
      TrustFolder.replace(open, published, "rw-r--r--");
    }
    return key;
  }

  private static ECKey read(Path secret) throws IOException {
    if (Files.size(secret) > FILE_BYTES_MAX) {
      throw new IOException("file `client-key.json` is too long");
    }
    try {
      ECKey key = ECKey.parse(Files.readString(secret));
      if (!key.isPrivate()) {
        throw new IOException("file `client-key.json` holds no private key");
      }
      return key;
    } catch (ParseException e) {
      // Without the cause: its message may quote the key.
      throw new IOException("file `client-key.json` is not a key");
    }
  }
}
