package dev.sallyport.benchmarks.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.Provider;
import java.security.Security;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.Set;

/** Measures the servers that are asked for, one after the other; {@code ops/bench-auth --help}. */
public final class Main {
  private static final Duration SIGNING = Duration.ofSeconds(3);
  private static final int SETTLED_SIGNATURES = 20_000;

  /** In the order in which they run. */
  private enum Server {
    SALLYPORT,
    OIDC_PROVIDER,
    KEYCLOAK
  }

  private record Wishes(
      Path root,
      Path file,
      Set<Server> servers,
      Set<Phase> phases,
      int connections,
      int stored,
      Duration warmUp,
      Duration measured) {}

  private Main() {}

  public static void main(String[] arguments) throws Exception {
    Wishes wishes = wishes(arguments);
    Path folder = Files.createTempDirectory("sallyport-bench-");
    List<String> rows = new ArrayList<>();
    rows.add("# commit\t" + System.getProperty("sallyport.commit", "unknown"));
    rows.add("# at\t" + Instant.now());
    rows.add("# load\t" + Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0]);
    rows.add("# connections\t" + wishes.connections());
    rows.add("# stored\t" + wishes.stored());
    rows.add("server\tmeasure\tvalue\tserver_cpu_us\tp50_us\tp99_us");
    say(
        "ES256 signatures on one processor: %,.0f a second by the JDK",
        row(rows, "FLOOR", "es256_jdk_per_second", signatures()));
    ServiceLoader.load(Provider.class).stream()
        .filter(provider -> provider.type().getSimpleName().startsWith("AmazonCorretto"))
        .forEach(provider -> Security.insertProviderAt(provider.get(), 1));
    say(", %,.0f as we sign%n", row(rows, "FLOOR", "es256_per_second", signatures()));
    for (Server server : wishes.servers()) {
      measure(server, wishes, folder, rows);
    }
    Files.write(
        wishes.file(), rows, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
    say("%s%n", wishes.file());
  }

  private static void measure(Server server, Wishes wishes, Path folder, List<String> rows)
      throws IOException, InterruptedException {
    Load load = new Load(wishes.warmUp(), wishes.measured());
    try (Peer peer =
        switch (server) {
          case SALLYPORT -> Sallyport.start(wishes.root(), folder, launch(), wishes.stored());
          case OIDC_PROVIDER -> OidcProvider.start(wishes.root(), folder, wishes.connections());
          case KEYCLOAK -> Keycloak.start(wishes.root(), folder);
        }) {
      say(
          "%-14s ready in %.1f s with nothing there, in %.1f s at the second start%n",
          server,
          row(rows, server.name(), "ready_seconds", seconds(peer.started().readyIn())),
          row(rows, server.name(), "ready_again_seconds", seconds(peer.started().readyAgainIn())));
      for (Phase phase : wishes.phases()) {
        if (!peer.phases().contains(phase)) {
          continue;
        }
        List<Requests> requests = peer.requests(phase, wishes.connections());
        Load.Result result = load.run(peer.port(), requests, peer.started().process());
        rows.add(
            "%s\t%s\t%.1f\t%.1f\t%d\t%d"
                .formatted(
                    server,
                    phase,
                    result.perSecond(),
                    result.serverCpuMicros(),
                    result.p50Micros(),
                    result.p99Micros()));
        say(
            "%-14s %-20s %,8.0f a second, %,7.0f µs of the server's processor each, p50 %,.1f ms, p99 %,.1f ms%n",
            server,
            phase,
            result.perSecond(),
            result.serverCpuMicros(),
            result.p50Micros() / 1e3,
            result.p99Micros() / 1e3);
      }
      say(
          "%-14s %,.0f MB after that%n",
          server,
          row(rows, server.name(), "resident_mb", peer.started().process().resident() / 1e6));
    }
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1e3;
  }

  /** The command by which {@code ops/run} starts the auth-server, a word a line. */
  private static List<String> launch() {
    return System.getProperty("sallyport.launch", "").lines().toList();
  }

  private static double row(List<String> rows, String server, String measure, double value) {
    rows.add("%s\t%s\t%.2f\t\t\t".formatted(server, measure, value));
    return value;
  }

  /** What no server that signs each token can exceed, for each of its processors. */
  private static double signatures() throws JOSEException {
    Proofs proofs =
        new Proofs(
            new ECKeyGenerator(Curve.P_256).generate(), URI.create("http://localhost/token"));
    for (int i = 0; i < SETTLED_SIGNATURES; i++) {
      proofs.next();
    }
    long began = System.nanoTime();
    int count = 0;
    while (System.nanoTime() - began < SIGNING.toNanos()) {
      proofs.next();
      count++;
    }
    return count * 1e9 / (System.nanoTime() - began);
  }

  private static Wishes wishes(String[] arguments) {
    Path root = Path.of("").toAbsolutePath();
    Path file = Path.of("identity.tsv");
    Set<Server> servers = EnumSet.allOf(Server.class);
    Set<Phase> phases = EnumSet.allOf(Phase.class);
    int connections = 16;
    int stored = 0;
    int warmUp = 8;
    int measured = 10;
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      String value = arguments[i + 1];
      switch (arguments[i]) {
        case "--root" -> root = Path.of(value);
        case "--file" -> file = Path.of(value);
        case "--server" -> servers = chosen(Server.class, value);
        case "--phase" -> phases = chosen(Phase.class, value);
        case "--connections" -> connections = Integer.parseInt(value);
        case "--stored" -> stored = Integer.parseInt(value);
        case "--warm-up" -> warmUp = Integer.parseInt(value);
        case "--seconds" -> measured = Integer.parseInt(value);
        default -> throw new IllegalArgumentException("unknown option `" + arguments[i] + "`");
      }
    }
    return new Wishes(
        root,
        file,
        servers,
        phases,
        connections,
        stored,
        Duration.ofSeconds(warmUp),
        Duration.ofSeconds(measured));
  }

  private static <E extends Enum<E>> Set<E> chosen(Class<E> type, String names) {
    EnumSet<E> chosen = EnumSet.noneOf(type);
    Arrays.stream(names.split(","))
        .forEach(name -> chosen.add(Enum.valueOf(type, name.toUpperCase(Locale.ROOT))));
    return chosen;
  }

  private static void say(String format, Object... values) {
    System.out.printf(Locale.ROOT, format, values);
  }
}
