/**
 * What the tests of the gateway stand on: an auth-server of our own making, a gateway started in
 * this process, a WebSocket client that can break every rule, a clock that can be moved.
 */
@NullMarked
package dev.sallyport.gateway.testing;

import org.jspecify.annotations.NullMarked;
