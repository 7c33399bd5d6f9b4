package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The search for plaintext is trusted only because it finds what was planted. */
class BytesInTest {

  private static final String SECRET = "the planted canary sings";

  @TempDir Path folder;

  @Test
  void files_plantedInAnyForm_areFound() throws IOException {
    for (var planted :
        List.of(
            SECRET.getBytes(StandardCharsets.UTF_8),
            SECRET.getBytes(StandardCharsets.UTF_16LE),
            Base64.getEncoder().encode(("x" + SECRET + "yz").getBytes(StandardCharsets.UTF_8)),
            Base64.getUrlEncoder().encode(("xy" + SECRET).getBytes(StandardCharsets.UTF_8)))) {
      var file = folder.resolve("db");
      var noise = new byte[4096];
      System.arraycopy(planted, 0, noise, 1234, planted.length);
      Files.write(file, noise);
      assertEquals(List.of(file), BytesIn.files(List.of(folder), SECRET));
    }
  }

  @Test
  void files_withoutIt_areNot() throws IOException {
    Files.writeString(folder.resolve("log"), "the planted canary is silent");
    assertEquals(List.of(), BytesIn.files(List.of(folder), SECRET));
  }
}
