package dev.sallyport.gateway.log;

import java.util.List;

/**
 * A stretch of an inbox, in order.
 *
 * @param end whether nothing followed when it was read
 * @param complete false where entries after the cursor are gone
 */
public record InboxPage(List<InboxEntry> entries, boolean end, boolean complete) {
  public InboxPage {
    entries = List.copyOf(entries);
  }
}
