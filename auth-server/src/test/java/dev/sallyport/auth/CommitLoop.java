package dev.sallyport.auth;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.Statement;

/**
 * Commits row after row and says so after each, until it is killed. Started by {@link
 * DurabilityTest} in a JVM of its own.
 */
final class CommitLoop {

  private CommitLoop() {}

  public static void main(String[] arguments) throws Exception {
    try (Connection connection = DriverManager.getConnection(arguments[0]);
        Statement create = connection.createStatement()) {
      create.execute("create table acknowledged (n int primary key)");
      connection.setAutoCommit(false);
      try (PreparedStatement insert =
          connection.prepareStatement("insert into acknowledged (n) values (?)")) {
        for (int n = 1; ; n++) {
          insert.setInt(1, n);
          insert.executeUpdate();
          connection.commit();
          System.out.println(n);
          System.out.flush();
        }
      }
    }
  }
}
