/**
 * The way of one message, by real clients over real sockets, against the packaged jars in their own
 * processes.
 *
 * <p>Start at {@code WayOfOneMessageTest}. {@code Sallyport} starts and stops the servers, {@code
 * NodeProcess} drives Node (Bob's client, the browser, a third-party IdP), {@code Report} prints
 * one line a step. Logs of all processes are kept under {@code target/acceptance/}.
 *
 * <p>Never: uses a class of the servers, looks into a running server, or waits without a bound.
 */
@NullMarked
package dev.sallyport.acceptance;

import org.jspecify.annotations.NullMarked;
