package dev.sallyport.auth.signal;

/** Published in this process after a transaction that recorded a signal has committed. */
public record SignalCommitted() {}
