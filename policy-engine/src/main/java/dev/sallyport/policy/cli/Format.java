package dev.sallyport.policy.cli;

import dev.sallyport.policy.PolicySet;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code format}: the one layout. */
final class Format {
  private Format() {}

  static int run(Command command, Options options, Console console)
      throws InputException, IOException {
    if (options.has("write") && options.has("check")) {
      throw Options.misuse(command, "options `--write` and `--check` exclude each other");
    }
    List<String> files = new ArrayList<>(options.operands());
    options.value("policies").ifPresent(files::addFirst);
    if (files.isEmpty()) {
      files.add("-");
    }
    if (options.has("write") && files.contains("-")) {
      throw Options.misuse(command, "standard input cannot be written to: name a file");
    }
    Inputs inputs = new Inputs(command, options, console);
    int changed = 0;
    for (String file : files) {
      Inputs.Text text = inputs.text(file);
      if (text.isJson(Optional.empty())) {
        throw new InputException(
            text.name() + ": JSON has no layout; `" + Main.NAME + " translate` makes it text");
      }
      String formatted = inputs.value(text.name(), PolicySet.format(text.text()));
      if (formatted == null) {
        continue;
      }
      boolean same = formatted.equals(text.text());
      changed += same ? 0 : 1;
      if (options.has("check")) {
        if (!same) {
          console.say(text.name() + ": would change");
        }
      } else if (!options.has("write")) {
        console.print(formatted);
      } else if (!same) {
        replace(file, formatted);
        console.say(text.name() + ": changed");
      }
    }
    inputs.orThrow();
    return options.has("check") && changed > 0 ? Main.INVALID : Main.OK;
  }

  /**
   * Writes beside the file and moves: whoever reads it, or stops us, finds one text or the other.
   */
  private static void replace(String name, String text) throws InputException {
    try {
      Path file = Path.of(name).toRealPath();
      Path folder = file.getParent();
      Path written = Files.createTempFile(folder, "." + file.getFileName(), ".tmp");
      try {
        Files.writeString(written, text);
        if (Files.getFileStore(file).supportsFileAttributeView(PosixFileAttributeView.class)) {
          Files.setPosixFilePermissions(written, Files.getPosixFilePermissions(file));
        }
        Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(written);
      }
    } catch (AccessDeniedException denied) {
      throw new InputException(name + ": may not be written");
    } catch (IOException failure) {
      throw new InputException(name + ": could not be written: " + failure.getMessage());
    }
  }
}
