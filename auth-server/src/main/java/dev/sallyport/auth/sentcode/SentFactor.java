package dev.sallyport.auth.sentcode;

import java.time.Instant;

/**
 * A way to send codes that the owner of an account has confirmed.
 *
 * @param masked where to, so that its owner knows it and nobody else learns it
 */
public record SentFactor(Channel channel, String masked, Instant since) {}
