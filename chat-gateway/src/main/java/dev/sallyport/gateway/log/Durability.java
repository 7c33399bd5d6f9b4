package dev.sallyport.gateway.log;

/** What an acknowledged entry survives; each includes those before it. */
public enum Durability {
  /** The life of the process, or of the database server, only. */
  MEMORY,
  /** A killed process. */
  PROCESS,
  /** A power loss on this machine. */
  FSYNC,
  /** The loss of a minority of machines. */
  QUORUM
}
