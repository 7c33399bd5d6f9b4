package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;
import java.util.List;

/**
 * A stretch of a log, in order, without gaps.
 *
 * @param end whether nothing followed the last entry when it was read
 * @param complete false where entries between the cursor and the first one are missing, or one is a
 *     tombstone
 * @param chainBefore the chain before the first entry; if there is none, at the cursor
 * @param removals at the end, the leaves that have to go, as of the moment of reading
 */
public record Page(
    List<LogEntry> entries,
    boolean end,
    boolean complete,
    ByteString chainBefore,
    List<Content.Leaf> removals) {
  public Page {
    entries = List.copyOf(entries);
    removals = List.copyOf(removals);
  }
}
