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
 */
public record Page(List<LogEntry> entries, boolean end, boolean complete, ByteString chainBefore) {
  public Page {
    entries = List.copyOf(entries);
  }
}
