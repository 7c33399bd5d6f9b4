package dev.sallyport.acceptance;

import com.nimbusds.jose.util.JSONArrayUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One auth-server in its own process, which can be killed and started again where it was. */
public final class AuthNode implements AutoCloseable {

  private static final int MASTER_KEY_BYTES = 32;

  private final String name;
  private final Path data;
  private final List<String> arguments;
  public final int port = Sallyport.freePort();
  private @Nullable ServerProcess process;

  /**
   * @param issuer the public name; null: where this node listens
   * @param arguments with its database, and its master key's file where it has no data of its own
   */
  public AuthNode(String name, Path data, @Nullable String issuer, List<String> arguments) {
    this.name = name;
    this.data = data;
    this.arguments = new ArrayList<>(List.of("--spring.profiles.active=demo"));
    this.arguments.add("--server.port=" + port);
    this.arguments.add("--sallyport.issuer=" + (issuer == null ? url() : issuer));
    this.arguments.add("--sallyport.data=" + data);
    this.arguments.addAll(arguments);
  }

  public String url() {
    return "http://localhost:" + port;
  }

  public void start() {
    process = ServerProcess.start(name, Sallyport.jar("auth-server"), data, arguments);
  }

  public void awaitHealthy() {
    process().awaitHealthy(url());
  }

  /** SIGKILL. */
  public void kill() {
    process().kill();
  }

  private ServerProcess process() {
    return java.util.Objects.requireNonNull(process, "not started");
  }

  /** The password of an account that the demo profile made; empty where another node made it. */
  public java.util.Optional<String> demoPassword(String username) {
    Path file = data.resolve("demo-accounts.json");
    if (!Files.exists(file)) {
      return java.util.Optional.empty();
    }
    try {
      for (var account : JSONArrayUtils.parse(Files.readString(file))) {
        if (account instanceof Map<?, ?> map && username.equals(map.get("username"))) {
          return java.util.Optional.of(String.valueOf(map.get("password")));
        }
      }
      return java.util.Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ParseException e) {
      throw new AssertionError("demo-accounts.json cannot be read", e);
    }
  }

  /** A master key for several nodes. */
  static Path masterKey(Path folder) {
    byte[] key = new byte[MASTER_KEY_BYTES];
    new SecureRandom().nextBytes(key);
    try {
      return Files.writeString(
          folder.resolve("master.key"), Base64.getEncoder().encodeToString(key));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    if (process != null) {
      process.stop();
    }
  }
}
