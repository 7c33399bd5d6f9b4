package dev.sallyport.acceptance;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A Node process that is driven by lines of JSON (see {@code node/drive/lines.mjs}). Its stderr is
 * kept in a log file; closing ends it.
 */
final class NodeProcess implements AutoCloseable {

  static final Path FOLDER = Path.of("node").toAbsolutePath();
  private static final Duration CALL_MAX = Duration.ofSeconds(60);

  private final String name;
  private final Process process;
  private final Writer input;
  private final AtomicLong lastId = new AtomicLong();
  private final Map<Long, CompletableFuture<Map<String, Object>>> waiting =
      new ConcurrentHashMap<>();
  private final BlockingQueue<Map<String, Object>> events = new LinkedBlockingQueue<>();

  /** What a call was refused with. */
  static final class Failed extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient Map<String, Object> error;

    Failed(Map<String, Object> error) {
      super(String.valueOf(error.get("message")));
      this.error = error;
    }

    @Nullable String text(String member) {
      var value = error.get(member);
      return value == null ? null : value.toString();
    }

    /** A close code, an HTTP status. */
    long number(String member) {
      return error.get(member) instanceof Number number ? number.longValue() : 0;
    }
  }

  NodeProcess(String name, String script, Map<String, String> environment) {
    this.name = name;
    try {
      Files.createDirectories(Sallyport.LOGS);
      var builder =
          new ProcessBuilder(List.of("node", "drive/" + script))
              .directory(FOLDER.toFile())
              .redirectError(Sallyport.LOGS.resolve(name + ".log").toFile());
      builder.environment().putAll(environment);
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException("`node` cannot be started", e);
    }
    input = process.outputWriter(StandardCharsets.UTF_8);
    // Reading a pipe holds its carrier, of which a small machine has two.
    Thread.ofPlatform().daemon().name(name).start(this::read);
  }

  private void read() {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (var line = reader.readLine(); line != null; line = reader.readLine()) {
        var message = new HashMap<>(JSONObjectUtils.parse(line));
        if (message.get("id") instanceof Number id) {
          var call = waiting.remove(id.longValue());
          if (call != null) {
            call.complete(message);
          }
        } else {
          events.add(message);
        }
      }
    } catch (IOException | ParseException e) {
      waiting.values().forEach(call -> call.completeExceptionally(e));
    }
    var ended = new IOException("`" + name + "` has ended, see its log");
    waiting.values().forEach(call -> call.completeExceptionally(ended));
  }

  /** Begins a call; to be awaited by {@link #await}. */
  CompletableFuture<Map<String, Object>> begin(String method, Map<String, ?> params) {
    long id = lastId.incrementAndGet();
    var call = new CompletableFuture<Map<String, Object>>();
    waiting.put(id, call);
    try {
      synchronized (input) {
        input.write(
            JSONObjectUtils.toJSONString(Map.of("id", id, "method", method, "params", params)));
        input.write('\n');
        input.flush();
      }
    } catch (IOException e) {
      call.completeExceptionally(e);
    }
    return call;
  }

  /** The result of a call: an object, or empty for none. */
  @SuppressWarnings("unchecked")
  static Map<String, Object> await(CompletableFuture<Map<String, Object>> call) {
    try {
      var answer = call.get(CALL_MAX.toSeconds(), TimeUnit.SECONDS);
      if (answer.get("error") instanceof Map<?, ?> error) {
        throw new Failed((Map<String, Object>) error);
      }
      return answer.get("result") instanceof Map<?, ?> result
          ? (Map<String, Object>) result
          : Map.of();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (TimeoutException e) {
      throw new IllegalStateException("no answer within " + CALL_MAX, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  Map<String, Object> call(String method, Map<String, ?> params) {
    return await(begin(method, params));
  }

  Map<String, Object> call(String method) {
    return call(method, Map.of());
  }

  /** The next unasked message of this kind; others that came before it are passed over. */
  Map<String, Object> event(String kind, Duration within) {
    return events(kind, 1, within).getFirst();
  }

  /** The next {@code count} unasked messages of this kind, in order. */
  List<Map<String, Object>> events(String kind, int count, Duration within) {
    var found = new ArrayList<Map<String, Object>>();
    long deadline = System.nanoTime() + within.toNanos();
    try {
      while (found.size() < count) {
        var event = events.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (event == null) {
          throw new AssertionError(
              "`%s`: %d of %d `%s` within %s".formatted(name, found.size(), count, kind, within));
        }
        if (kind.equals(event.get("event"))) {
          found.add(event);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    return found;
  }

  /** Forgets what was told so far. */
  void drain() {
    events.clear();
  }

  /** Everything told until, and with, the first message of this kind that matches. */
  List<Map<String, Object>> until(
      String kind, Predicate<Map<String, Object>> matches, Duration within) {
    var told = new ArrayList<Map<String, Object>>();
    long deadline = System.nanoTime() + within.toNanos();
    try {
      while (true) {
        var event = events.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (event == null) {
          throw new AssertionError(
              "`%s`: no such `%s` within %s, but %s".formatted(name, kind, within, told));
        }
        told.add(event);
        if (kind.equals(event.get("event")) && matches.test(event)) {
          return told;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    try {
      input.close();
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
