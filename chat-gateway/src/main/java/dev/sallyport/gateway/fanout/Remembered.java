package dev.sallyport.gateway.fanout;

import java.util.List;

/** Whoever keeps versions of rooms in memory, which another node may have changed since. */
public interface Remembered {

  /** The ids of the rooms in memory. */
  List<String> remembered();
}
