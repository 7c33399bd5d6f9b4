/**
 * Encrypted backups: what a user's devices sealed, for a device that comes after them (decision
 * 0306).
 *
 * <p>Start at {@code Backups}, which keeps them; {@code BackupController} is their HTTP API, {@code
 * Digests} and {@code Preconditions} read its headers, {@code PartsInHand} bounds what is in
 * memory.
 *
 * <p>Must never open, change or log what is sealed, write without the writer having named what it
 * replaces, or give a part to another than its owner. Uses {@code .door}, {@code .log}, {@code
 * .quota} and {@code .signal}.
 */
@NullMarked
package dev.sallyport.gateway.backup;

import org.jspecify.annotations.NullMarked;
