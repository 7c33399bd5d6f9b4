package dev.sallyport.auth.signal;

/**
 * Published in the process, within the transaction of the event and on its thread, for whoever has
 * something to add to that transaction. What a listener throws rolls it back.
 */
public record EventRecorded(Actor actor, SecurityEvent event) {}
