package dev.sallyport.auth.mail;

import dev.sallyport.auth.vault.PrivateFile;
import dev.sallyport.auth.vault.RandomIds;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes each letter into a file that only the owner of this process can read: for whoever tries
 * this out without a mail server. The log names the file and nothing in it.
 */
final class FolderDelivery implements Delivery {

  private static final Logger LOG = LoggerFactory.getLogger(FolderDelivery.class);

  private final Path folder;
  private final RandomIds ids;

  FolderDelivery(Path folder, RandomIds ids) {
    this.folder = folder;
    this.ids = ids;
  }

  @Override
  public boolean on() {
    return true;
  }

  @Override
  public void deliver(Letter letter) throws Failed {
    Path file = folder.resolve(ids.uuid7() + ".txt");
    try {
      PrivateFile.write(
          file, "To: " + letter.to() + "\nSubject: " + letter.subject() + "\n\n" + letter.text());
    } catch (IOException e) {
      throw new Failed("cannot write into the mail folder", e);
    }
    LOG.info("a mail is in {}", file);
  }
}
