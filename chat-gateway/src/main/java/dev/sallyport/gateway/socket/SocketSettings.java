package dev.sallyport.gateway.socket;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How many sockets there may be.
 *
 * @param socketsMax open sockets at once; at some 20 KB each, with what the relay keeps
 * @param socketsPerUserMax of these, of one user; beyond it the oldest is closed
 * @param socketsPerDeviceMax of these, of one device; beyond it the oldest is closed
 * @param pendingSocketsMax sockets that were upgraded without a token and have not shown one yet
 * @param pendingSocketsPerAddressMax of these, from one IPv4 address or one IPv6 /64
 */
@ConfigurationProperties("sallyport")
public record SocketSettings(
    @DefaultValue("50000") int socketsMax,
    @DefaultValue("32") int socketsPerUserMax,
    @DefaultValue("4") int socketsPerDeviceMax,
    @DefaultValue("1000") int pendingSocketsMax,
    @DefaultValue("32") int pendingSocketsPerAddressMax) {}
