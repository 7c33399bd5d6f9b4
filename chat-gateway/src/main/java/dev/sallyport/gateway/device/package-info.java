/**
 * The directory of devices and their key packages.
 *
 * <p>Start at {@code Devices} (who has which device, by credential) and {@code KeyPackages}
 * (published in batches, each served once). {@code DeviceController} is their HTTP API.
 *
 * <p>A device is registered only with a credential that the issuer signed for it, and a key package
 * only with exactly that credential and its key. Must never serve a key package twice, save a
 * last-resort one, and never one of a revoked device. Uses {@code .door}, {@code .issuer}, {@code
 * .signal}, {@code .mls} and, for inboxes, {@code .log}.
 */
@NullMarked
package dev.sallyport.gateway.device;

import org.jspecify.annotations.NullMarked;
