package dev.sallyport.benchmarks.identity;

import java.io.IOException;
import java.util.List;
import java.util.Set;

/** A server that runs, and how it is asked. */
interface Peer extends AutoCloseable {
  /** What it has; the others are left out of its row. */
  Set<Phase> phases();

  /** What each of so many connections asks. Takes its time; nothing of it is measured. */
  List<Requests> requests(Phase phase, int connections) throws IOException, InterruptedException;

  int port();

  ServerProcess.Started started();

  @Override
  void close() throws IOException, InterruptedException;
}
