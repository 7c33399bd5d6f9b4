package dev.sallyport.gateway.log;

/**
 * An entry of a device's inbox.
 *
 * @param seq counts from 1 for each device, without gaps
 * @param roomId the room it is about, or ""
 * @param acceptedAtMillis since the Unix epoch
 */
public record InboxEntry(
    String deviceId, long seq, String roomId, InboxItem item, long acceptedAtMillis) {}
