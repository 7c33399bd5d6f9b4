package dev.sallyport.benchmarks.identity;

import dev.sallyport.benchmarks.identity.Connection.Answer;

/** What one connection asks, one request after the other. For one thread. */
interface Requests {
  byte[] next();

  /**
   * Takes the answer to the last.
   *
   * @return whether it was what had been asked for; else {@link #next} is asked until it is, and
   *     all that counts as one
   * @throws IllegalStateException if it never will be
   */
  boolean take(Answer answer);

  /** The same request again and again, answered with 200 and a body that has this in it. */
  static Requests repeat(byte[] request, String expected) {
    return new Requests() {
      @Override
      public byte[] next() {
        return request;
      }

      @Override
      public boolean take(Answer answer) {
        if (answer.status() != 200 || !answer.body().contains(expected)) {
          throw new IllegalStateException(
              "answered " + answer.status() + ": " + Form.withoutSecrets(answer.body()));
        }
        return true;
      }
    };
  }
}
