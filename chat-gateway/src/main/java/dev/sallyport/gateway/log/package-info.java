/**
 * The room log: what happened in each room, in one order, hash-chained, durable.
 *
 * <p>Start at {@link dev.sallyport.gateway.log.RoomLog}, the contract, then {@link
 * dev.sallyport.gateway.log.Append} and {@link dev.sallyport.gateway.log.AppendOutcome}. {@link
 * dev.sallyport.gateway.log.Chain} defines the hash chain. {@code JdbcRoomLog} is the store on H2
 * and PostgreSQL; every store passes {@code RoomLogContract} and its siblings. {@code Erasure}
 * makes tombstones of messages that are older than their room keeps them.
 *
 * <p>The log never asks policy and never reads a blob: who may append was decided before, and the
 * decision is fenced by the version of the room that it used. It must never acknowledge what is not
 * written, never log a blob, and never run on an event loop. Uses nothing of the gateway but the
 * published protocol.
 */
@NullMarked
package dev.sallyport.gateway.log;

import org.jspecify.annotations.NullMarked;
