package dev.sallyport.gateway.log;

/** What an entry is; the numbers are those of the published contract and part of the hash chain. */
public enum EntryKind {
  APPLICATION(1),
  PROPOSAL(2),
  COMMIT(3),
  EVENT(4);

  private final int number;

  EntryKind(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }

  /** The kind of that number, as a store wrote it. */
  static EntryKind ofNumber(int number) {
    for (EntryKind kind : values()) {
      if (kind.number == number) {
        return kind;
      }
    }
    throw new IllegalStateException("no entry kind has the number " + number);
  }
}
