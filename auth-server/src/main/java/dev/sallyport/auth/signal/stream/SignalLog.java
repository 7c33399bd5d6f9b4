package dev.sallyport.auth.signal.stream;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.ResultSetExtractor;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Reads the numbered signals. */
@Component
class SignalLog {

  /** An answer holds no more text than this, except that it always holds one signal. */
  private static final int PAGE_CHARS_MAX = 4 * 1024 * 1024;

  private static final int FETCH_ROWS = 50;

  private final JdbcTemplate jdbc;
  private final TransactionTemplate transaction;

  SignalLog(JdbcTemplate jdbc, PlatformTransactionManager transactions) {
    this.jdbc = new JdbcTemplate(Objects.requireNonNull(jdbc.getDataSource()));
    this.jdbc.setFetchSize(FETCH_ROWS);
    this.transaction = new TransactionTemplate(transactions);
    this.transaction.setReadOnly(true);
  }

  sealed interface Reading {
    /**
     * What came after the position that was asked for.
     *
     * @param position of the last one of {@code tokens}; where there is none, from which to go on
     */
    record Page(long position, List<String> tokens, boolean more) implements Reading {
      public Page {
        tokens = List.copyOf(tokens);
      }
    }

    /** The position lies before what is kept, or after what was ever given out. */
    record Unknown(long oldestKept) implements Reading {}
  }

  /**
   * Signals after a position, in order, without a gap.
   *
   * @param after null: from the oldest kept
   */
  Reading read(@Nullable Long after, int limit) {
    return Objects.requireNonNull(transaction.execute(_ -> readInTransaction(after, limit)));
  }

  private Reading readInTransaction(@Nullable Long after, int limit) {
    // the signals first: whatever they show was given out when the bounds are read
    Reading.Page page = page(after, limit);
    record Bounds(long last, long forgotten) {}
    Bounds bounds =
        Objects.requireNonNull(
            jdbc.queryForObject(
                "select last_position, forgotten_position from signal_stream where id = 1",
                (row, _) -> new Bounds(row.getLong(1), row.getLong(2))));
    if (after == null) {
      return page.tokens().isEmpty()
          ? new Reading.Page(bounds.forgotten(), List.of(), bounds.last() > bounds.forgotten())
          : page;
    }
    if (after < bounds.forgotten() || (after > bounds.last() && !kept(after))) {
      return new Reading.Unknown(bounds.forgotten());
    }
    return page;
  }

  /**
   * Whether a signal of that position is there. H2 has been seen to show a committed signal to one
   * statement, and to a later one the stream's row as it was before that commit.
   */
  private boolean kept(long position) {
    return Objects.requireNonNull(
            jdbc.queryForObject(
                "select count(*) from signal where position = ?", Long.class, position))
        > 0;
  }

  private Reading.Page page(@Nullable Long after, int limit) {
    ResultSetExtractor<Reading.Page> extractor =
        rows -> {
          List<String> tokens = new ArrayList<>();
          long position = after == null ? 0 : after;
          long chars = 0;
          while (rows.next()) {
            String token = rows.getString(2);
            chars += token.length();
            boolean full = tokens.size() == limit || (chars > PAGE_CHARS_MAX && !tokens.isEmpty());
            boolean first = after == null && tokens.isEmpty();
            if (full) {
              return new Reading.Page(position, tokens, true);
            }
            if (!first && rows.getLong(1) != position + 1) {
              break;
            }
            tokens.add(token);
            position = rows.getLong(1);
          }
          return new Reading.Page(position, tokens, false);
        };
    return Objects.requireNonNull(
        jdbc.query(
            "select position, token from signal where position > ? order by position limit ?",
            extractor,
            after == null ? 0 : after,
            limit + 1));
  }
}
