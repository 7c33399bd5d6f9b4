package dev.sallyport.gateway.limit;

/**
 * How much, and how fast.
 *
 * @param burst what may be taken at once, from a full bucket
 * @param perSecond what is put back each second
 * @param nanosEach for one
 * @param burstNanos until an empty bucket is full
 */
record Rate(long burst, long perSecond, double nanosEach, long burstNanos) {

  private static final double NANOS = 1_000_000_000d;

  /** A bucket that takes longer to fill says nothing any more. */
  private static final long FILL_SECONDS_MAX = 86_400;

  static Rate of(String property, long burst, long perSecond) {
    if (burst < 1 || perSecond < 1 || burst / perSecond > FILL_SECONDS_MAX) {
      throw new IllegalArgumentException(
          "`sallyport.limits."
              + property
              + "` needs a burst and a rate of 1 and more, and fills within a day: not "
              + burst
              + " and "
              + perSecond);
    }
    return new Rate(burst, perSecond, NANOS / perSecond, (long) (burst * (NANOS / perSecond)));
  }

  long costNanos(long count) {
    return count >= burst ? burstNanos : (long) (count * nanosEach);
  }
}
