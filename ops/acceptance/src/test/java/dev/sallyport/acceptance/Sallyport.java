package dev.sallyport.acceptance;

import java.nio.file.Path;

/** The servers under test. */
final class Sallyport {
  static final Path LOGS = Path.of("target", "acceptance").toAbsolutePath();

  private Sallyport() {}
}
