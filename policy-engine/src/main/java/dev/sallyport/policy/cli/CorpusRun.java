package dev.sallyport.policy.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** {@code corpus}: cases in the form of Cedar's integration tests. */
final class CorpusRun {
  private CorpusRun() {}

  static int run(Command command, Options options, Console console)
      throws InputException, IOException {
    if (options.operands().isEmpty()) {
      throw Options.misuse(command, "a folder is missing");
    }
    Path folder = Path.of(options.operands().getFirst());
    if (!Files.isDirectory(folder)) {
      throw new InputException(folder + ": there is no such folder");
    }
    Corpus corpus = new Corpus(folder);
    int passed = 0;
    int failed = 0;
    for (Path file : corpus.cases()) {
      List<String> differences;
      try {
        differences = corpus.run(file);
      } catch (IOException unreadable) {
        differences = List.of("cannot be read: " + unreadable.getMessage());
      }
      if (differences.isEmpty()) {
        passed++;
      } else {
        failed++;
        differences.forEach(difference -> console.say(file + ": " + difference));
      }
    }
    if (passed + failed == 0) {
      console.say(folder + ": no case below it; a case is a JSON file that has `requests`");
    }
    console.say(passed + " passed, " + failed + " failed");
    return failed > 0 ? Main.INVALID : passed > 0 ? Main.OK : Main.FAILED;
  }
}
