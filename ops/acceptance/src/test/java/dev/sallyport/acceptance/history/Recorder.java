package dev.sallyport.acceptance.history;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Writes a history as it happens, each fact stamped in the order in which it is written. */
final class Recorder implements AutoCloseable {

  private static final int BUFFER_BYTES = 1 << 16;

  private final long begun = System.nanoTime();
  private final Writer to;
  private final AtomicLong facts = new AtomicLong();
  private boolean closed;

  Recorder(Path file) {
    try {
      to =
          new OutputStreamWriter(
              new GZIPOutputStream(Files.newOutputStream(file), BUFFER_BYTES),
              StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void record(LongFunction<Fact> fact) {
    synchronized (to) {
      if (closed) {
        return;
      }
      try {
        to.write(FactLines.line(fact.apply(System.nanoTime() - begun)));
        to.write('\n');
        facts.incrementAndGet();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  void note(String text) {
    record(at -> new Fact.Note(at, text));
  }

  long facts() {
    return facts.get();
  }

  @Override
  public void close() {
    synchronized (to) {
      closed = true;
      try {
        to.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Reads a history back; once only. */
  static Iterable<Fact> read(Path file) {
    return () -> {
      try {
        var lines =
            new BufferedReader(
                new InputStreamReader(
                    new GZIPInputStream(Files.newInputStream(file), BUFFER_BYTES),
                    StandardCharsets.UTF_8));
        Iterator<String> each = lines.lines().iterator();
        return new Iterator<>() {
          @Override
          public boolean hasNext() {
            return each.hasNext();
          }

          @Override
          public Fact next() {
            return FactLines.read(each.next());
          }
        };
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }
}
