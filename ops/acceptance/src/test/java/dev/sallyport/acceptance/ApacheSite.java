package dev.sallyport.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Debian's Apache with its {@code libapache2-mod-auth-openidc}, on loopback and with a folder of
 * its own: a page for those who are signed in, which says who they are in headers.
 */
final class ApacheSite implements AutoCloseable {

  private static final Path MODULES = Path.of("/usr/lib/apache2/modules");
  private static final Duration START_MAX = Duration.ofSeconds(60);

  private final int port = Sallyport.freePort();
  private final Path folder;
  private @Nullable Process process;

  ApacheSite() {
    try {
      folder = Files.createTempDirectory("sallyport-apache-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  URI url(String path) {
    return URI.create("http://localhost:" + port + path);
  }

  String redirectUri() {
    return url("/redirect_uri").toString();
  }

  /** Starts it as a client of this provider. */
  void start(Provider provider, String clientId, String secret) {
    try {
      Files.createDirectories(folder.resolve("site"));
      Files.writeString(folder.resolve("site/index.html"), "a page for members\n");
      var configuration =
          """
          ServerRoot %1$s
          ServerName localhost
          Listen 127.0.0.1:%2$d
          PidFile %1$s/pid
          DefaultRuntimeDir %1$s
          ErrorLog %1$s/error.log
          LogLevel warn auth_openidc:info
          LoadModule mpm_event_module %3$s/mod_mpm_event.so
          LoadModule authn_core_module %3$s/mod_authn_core.so
          LoadModule authz_core_module %3$s/mod_authz_core.so
          LoadModule authz_user_module %3$s/mod_authz_user.so
          LoadModule dir_module %3$s/mod_dir.so
          LoadModule headers_module %3$s/mod_headers.so
          LoadModule auth_openidc_module %3$s/mod_auth_openidc.so
          %7$s
          DocumentRoot %1$s/site
          OIDCProviderMetadataURL %4$s/.well-known/openid-configuration
          OIDCClientID %5$s
          OIDCClientSecret %6$s
          OIDCRedirectURI %8$s
          OIDCScope "openid profile email"
          OIDCPKCEMethod S256
          OIDCCryptoPassphrase only-for-this-test
          OIDCRemoteUserClaim preferred_username
          OIDCCookieSameSite On
          <Location />
            AuthType openid-connect
            Require valid-user
            Header set X-Member expr=%%{REMOTE_USER}
            RequestHeader unset X-Member
            Header set X-Email expr=%%{req:OIDC_CLAIM_email}
          </Location>
          """
              .formatted(
                  folder,
                  port,
                  MODULES,
                  provider.issuer(),
                  clientId,
                  secret,
                  // a server that root starts serves as somebody else
                  "root".equals(System.getProperty("user.name"))
                      ? "User www-data\nGroup www-data"
                      : "",
                  redirectUri());
      Files.writeString(folder.resolve("httpd.conf"), configuration);
      new ProcessBuilder("chmod", "-R", "a+rX", folder.toString()).start().waitFor();
      Files.createDirectories(Sallyport.LOGS);
      var started =
          new ProcessBuilder(
                  List.of("/usr/sbin/apache2", "-DFOREGROUND", "-f", folder + "/httpd.conf"))
              .redirectErrorStream(true)
              .redirectOutput(Sallyport.LOGS.resolve("apache.log").toFile())
              .start();
      Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
      process = started;
      Wait.until(
          "Apache answers",
          START_MAX,
          () -> {
            if (!started.isAlive()) {
              throw new AssertionError("Apache ended, see target/acceptance/apache.log");
            }
            return ServerProcess.status(url("/").toString()) != 0;
          });
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Apache cannot be started; ops/test installs apache2-bin and"
              + " libapache2-mod-auth-openidc",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** What the module said. */
  String said() {
    try {
      return Files.readString(folder.resolve("error.log"));
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void close() {
    if (process != null) {
      process.destroy();
      try {
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
    try (var files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      // a temporary folder
    }
  }
}
