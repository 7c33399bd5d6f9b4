package dev.sallyport.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Looks for a text in the raw bytes of files, in every form in which it could lie there. */
final class BytesIn {

  /** The files that hold the text as UTF-8, UTF-16, base64 (in any alignment) or hex. */
  static List<Path> files(List<Path> roots, String text) {
    var needles = forms(text);
    var found = new ArrayList<Path>();
    for (var file : all(roots)) {
      try {
        // One byte a character, so that searching text searches bytes.
        var content = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        if (needles.stream().anyMatch(content::contains)) {
          found.add(file);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return found;
  }

  static int count(List<Path> roots) {
    return all(roots).size();
  }

  private static List<Path> all(List<Path> roots) {
    var files = new ArrayList<Path>();
    for (var root : roots) {
      try (var walk = Files.walk(root)) {
        walk.filter(Files::isRegularFile).forEach(files::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return files;
  }

  private static List<String> forms(String text) {
    var utf8 = text.getBytes(StandardCharsets.UTF_8);
    var forms = new ArrayList<String>();
    forms.add(bytes(utf8));
    forms.add(bytes(text.getBytes(StandardCharsets.UTF_16BE)));
    forms.add(bytes(text.getBytes(StandardCharsets.UTF_16LE)));
    forms.add(java.util.HexFormat.of().formatHex(utf8));
    for (int shift = 0; shift < 3; shift++) {
      // The middle of the encoding does not depend on what stands around it.
      var shifted = new byte[utf8.length + shift];
      System.arraycopy(utf8, 0, shifted, shift, utf8.length);
      for (var encoder : List.of(Base64.getEncoder(), Base64.getUrlEncoder())) {
        var encoded = encoder.withoutPadding().encodeToString(shifted);
        forms.add(encoded.substring(4, encoded.length() - 4));
      }
    }
    return forms;
  }

  private static String bytes(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private BytesIn() {}
}
