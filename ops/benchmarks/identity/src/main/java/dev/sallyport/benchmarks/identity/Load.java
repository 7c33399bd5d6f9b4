package dev.sallyport.benchmarks.identity;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.HdrHistogram.Histogram;

/**
 * Asks a server as much as it answers, each connection one request at a time: saturation, so the
 * latencies are those of a full server, not of a fixed rate.
 */
final class Load {
  private static final int DIGITS = 3;

  private final Duration warmUp;
  private final Duration measured;

  Load(Duration warmUp, Duration measured) {
    this.warmUp = warmUp;
    this.measured = measured;
  }

  /**
   * @param perSecond answers by the clock
   * @param serverCpuMicros processor time of the server for each, which other processes do not sway
   */
  record Result(double perSecond, double serverCpuMicros, long p50Micros, long p99Micros) {}

  Result run(int port, List<Requests> each, ServerProcess server)
      throws IOException, InterruptedException {
    long from = System.nanoTime() + warmUp.toNanos();
    long until = from + measured.toNanos();
    Histogram micros = new Histogram(DIGITS);
    try (ExecutorService threads = Executors.newFixedThreadPool(each.size() + 1)) {
      List<Future<Histogram>> running = new ArrayList<>();
      for (Requests requests : each) {
        running.add(threads.submit(() -> ask(port, requests, from, until)));
      }
      Future<Duration> cpu = threads.submit(() -> cpuBetween(server, from, until));
      for (Future<Histogram> one : running) {
        micros.add(one.get());
      }
      long count = micros.getTotalCount();
      return new Result(
          count / (measured.toNanos() / 1e9),
          cpu.get().toNanos() / 1e3 / Math.max(1, count),
          micros.getValueAtPercentile(50),
          micros.getValueAtPercentile(99));
    } catch (ExecutionException failed) {
      throw new IOException("the load ended early", failed.getCause());
    }
  }

  private static Duration cpuBetween(ServerProcess server, long from, long until)
      throws InterruptedException, IOException {
    Thread.sleep(Duration.ofNanos(Math.max(0, from - System.nanoTime())));
    Duration before = server.cpu();
    Thread.sleep(Duration.ofNanos(Math.max(0, until - System.nanoTime())));
    return server.cpu().minus(before);
  }

  private static Histogram ask(int port, Requests requests, long from, long until)
      throws IOException {
    Histogram micros = new Histogram(DIGITS);
    try (Connection connection = new Connection(port)) {
      while (true) {
        byte[] request = requests.next();
        long began = System.nanoTime();
        while (!requests.take(connection.ask(request))) {
          request = requests.next();
        }
        long ended = System.nanoTime();
        if (ended >= until) {
          return micros;
        }
        if (began >= from) {
          micros.recordValue((ended - began) / 1_000);
        }
      }
    }
  }
}
