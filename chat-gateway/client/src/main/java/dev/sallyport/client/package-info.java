/**
 * A client of the gateway: signs in, keeps tokens fresh, opens the socket and keeps it open, sends
 * and follows rooms, and calls the HTTP API. What is sealed is bytes to it: MLS, and where groups
 * and keys are stored, are the application's.
 *
 * <p>Start at {@link dev.sallyport.client.Connection}, which is one device's place at the gateway;
 * {@link dev.sallyport.client.OidcClient} and {@link dev.sallyport.client.Session} get the tokens
 * for it, {@link dev.sallyport.client.GatewayApi} is the HTTP API, {@link
 * dev.sallyport.client.GatewaySocket} a single socket without any resuming, {@link
 * dev.sallyport.client.RoomChain} checks a room's history, and {@link dev.sallyport.client.Backups}
 * keeps what {@link dev.sallyport.client.BackupKey} sealed for a later device. The contract that it
 * follows is {@code chat-gateway/docs/clients.md}.
 *
 * <p>Calls block, on virtual threads as on others; nothing here holds a platform thread for each
 * socket, so that thousands of them fit into one process.
 *
 * <p>Never: uses a class of the servers; logs or prints a token, a proof or a payload; trusts the
 * relay for the order of a room without checking its hash chain.
 */
@NullMarked
package dev.sallyport.client;

import org.jspecify.annotations.NullMarked;
