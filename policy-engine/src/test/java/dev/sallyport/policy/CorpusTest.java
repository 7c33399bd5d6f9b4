package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sallyport.policy.cli.Corpus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every case of the public corpus agrees. */
class CorpusTest {
  private static final String PROPERTY = "cedar.corpus";

  @Test
  void corpus_everyCase_agrees(@TempDir Path unpacked) throws Exception {
    Path folder = Path.of(System.getProperty(PROPERTY, "../../shared/cedar-corpus"));
    assumeTrue(
        Files.isDirectory(folder),
        "skipped: no Cedar corpus at " + folder + "; name its place by -D" + PROPERTY);
    Path archive = folder.resolve("corpus-tests.tar.xz");
    Path root = folder;
    if (Files.isRegularFile(archive)) {
      unpack(archive, unpacked);
      root = unpacked;
    }
    Corpus corpus = new Corpus(root);
    List<Path> cases = corpus.cases();
    assertTrue(cases.size() > 1000, "only " + cases.size() + " cases in " + root);
    List<String> differing = new ArrayList<>();
    for (Path file : cases) {
      List<String> differences = corpus.run(file);
      if (!differences.isEmpty()) {
        differing.add(file.getFileName() + ": " + differences.getFirst());
      }
    }
    System.out.println(
        (cases.size() - differing.size()) + " passed, " + differing.size() + " failed");
    assertEquals(List.of(), differing.subList(0, Math.min(20, differing.size())));
  }

  private static void unpack(Path archive, Path into) throws IOException, InterruptedException {
    Process tar =
        new ProcessBuilder("tar", "-xJf", archive.toAbsolutePath().toString())
            .directory(into.toFile())
            .inheritIO()
            .start();
    assertEquals(0, tar.waitFor(), "tar");
  }
}
