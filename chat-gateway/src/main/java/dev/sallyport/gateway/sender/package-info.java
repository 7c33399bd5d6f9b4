/**
 * The gateway as an external sender of its rooms' MLS groups (RFC 9420 §12.1.8.1): it proposes, in
 * its own name, that leaves are removed whose user or device is out, and nothing else.
 *
 * <p>Start at {@code SenderKeys}, which signs; {@code SenderKeysFile} keeps the keys on disk,
 * {@code SenderKeysController} publishes their public halves for clients to put into their groups.
 * When a leaf has to go is the log's to know: it asks for the proposal within the step in which it
 * has to.
 *
 * <p>Must never sign anything but a Remove, and never show a private key. Uses {@code .mls} for the
 * bytes, {@code .log} for the role it plays there, and {@code .issuer} to write files.
 */
@NullMarked
package dev.sallyport.gateway.sender;

import org.jspecify.annotations.NullMarked;
