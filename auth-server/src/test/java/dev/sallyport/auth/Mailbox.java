package dev.sallyport.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** The folder into which a server writes its mail. */
public final class Mailbox {

  private final Path folder;

  /** Of the server with this data folder. */
  public Mailbox(Path data) {
    this.folder = data.resolve("mail");
  }

  /** Everything that was sent, in the order of sending. */
  public List<String> all() {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".txt"))
          // their names go by the server's clock, which a test may have stopped
          .sorted(Comparator.comparing(Mailbox::writtenAt))
          .map(Mailbox::read)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static FileTime writtenAt(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Those to this address that hold this text. */
  public List<String> to(String address, String text) {
    return all().stream()
        .filter(mail -> mail.startsWith("To: " + address + "\n") && mail.contains(text))
        .toList();
  }

  /** The last of those to this address that hold this text, once it is there. */
  public String awaited(String address, String text) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !to(address, text).isEmpty());
    return to(address, text).getLast();
  }

  /** The path of the one link to {@code path} with a token in this mail. */
  public static String link(String mail, String path) {
    Matcher link =
        Pattern.compile(Pattern.quote(path) + "\\?token=[A-Za-z0-9_-]{43}").matcher(mail);
    assertThat(link.find()).as(mail).isTrue();
    return link.group();
  }
}
