package dev.sallyport.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What {@link Durability#PROCESS} says, on H2: kill -9 during appends loses nothing acknowledged.
 */
class KilledProcessTest {

  @ParameterizedTest
  @ValueSource(ints = {300, 2_000})
  void kill9_everythingAcknowledgedIsThereOnceInOrder(int killAfter, @TempDir Path folder)
      throws Exception {
    var writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                KilledWriter.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    var acknowledged = new HashMap<String, Map<Long, String>>();
    int count = 0;
    try (var said =
        new BufferedReader(
            new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      while ((line = said.readLine()) != null) {
        var words = line.split(" ", -1);
        if (words.length == 3 && words[2].length() == 64) {
          acknowledged
              .computeIfAbsent(words[0], room -> new HashMap<>())
              .put(Long.valueOf(words[1]), words[2]);
          if (++count == killAfter) {
            // By its handle: what it said up to here can still be read.
            assertThat(writer.toHandle().destroyForcibly()).isTrue();
          }
        }
      }
    }
    assertThat(writer.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(count).isGreaterThanOrEqualTo(killAfter);

    try (var database = TestDatabase.h2(folder);
        var threads = new DatabaseThreads();
        var log =
            new JdbcRoomLog(
                database.dataSource(),
                Clock.systemUTC(),
                threads,
                new RecordingListener(),
                RemoveProposals.NONE)) {
      for (var room : acknowledged.keySet()) {
        var stored = new HashMap<Long, String>();
        var ids = new ArrayList<ByteString>();
        var chain = Chain.start(room);
        long after = 0;
        Page page;
        do {
          page = log.read(room, after, 100).join();
          for (var entry : page.entries()) {
            assertThat(entry.seq()).isEqualTo(++after);
            assertThat(Chain.verifies(chain, entry)).isTrue();
            chain = entry.chainHash();
            stored.put(entry.seq(), HexFormat.of().formatHex(chain.toByteArray()));
            ids.add(entry.author().clientMessageId());
          }
        } while (!page.end());
        assertThat(stored).containsAllEntriesOf(acknowledged.get(room));
        assertThat(ids).doesNotHaveDuplicates();
      }
    }
  }
}
