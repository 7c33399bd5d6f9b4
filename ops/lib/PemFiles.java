import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;

/**
 * Writes the key and the certificate of a PKCS #12 file as PEM, since keytool makes the one and servers read the other.
 *
 * <p>Usage: {@code STORE_PASSWORD=… java PemFiles.java <store.p12> <alias> <certificate.pem> <key.pem>}. The files get
 * the permissions of the caller's umask.
 */
public class PemFiles {

  public static void main(String[] arguments) throws Exception {
    var password = System.getenv("STORE_PASSWORD").toCharArray();
    var store = KeyStore.getInstance(Path.of(arguments[0]).toFile(), password);
    Certificate certificate = store.getCertificate(arguments[1]);
    Key key = store.getKey(arguments[1], password);
    Files.writeString(Path.of(arguments[2]), pem("CERTIFICATE", certificate.getEncoded()));
    Files.writeString(Path.of(arguments[3]), pem("PRIVATE KEY", key.getEncoded()));
  }

  private static String pem(String label, byte[] der) {
    var lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN " + label + "-----\n" + lines + "\n-----END " + label + "-----\n";
  }
}
