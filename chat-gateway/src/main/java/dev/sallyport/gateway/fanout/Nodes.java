package dev.sallyport.gateway.fanout;

/**
 * The way to the other nodes, as the fan-out needs it. Calls for one stream come one after the
 * other. Never blocks.
 */
public interface Nodes {

  /** Where there is but one. */
  Nodes NONE =
      new Nodes() {
        @Override
        public void followed(StreamKey stream) {}

        @Override
        public void deserted(StreamKey stream) {}
      };

  /** The stream has its first follower here: what others append to it is wanted. */
  void followed(StreamKey stream);

  /** The last follower here left. */
  void deserted(StreamKey stream);
}
