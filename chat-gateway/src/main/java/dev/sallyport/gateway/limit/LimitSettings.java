package dev.sallyport.gateway.limit;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The limits of this node: what may come at once, and what is put back each second. Ordinary use
 * stays far below; who is refused is at fault, or is a load test.
 *
 * @param framesPerDeviceBurst frames of one device over all its sockets: what was gathered while a
 *     phone was away goes at once
 * @param framesPerDevice each costs a decision, and some cost an append
 * @param framesPerUserBurst the same of one user's devices together
 * @param framesPerUser the same
 * @param bytesPerDeviceBurst a few photographs, in pieces of 64 KiB
 * @param bytesPerDevice they are stored, and sent to every member
 * @param bytesPerUserBurst the same of one user's devices together
 * @param bytesPerUser the same
 * @param messagesPerRoomBurst of all members together: each goes to all of them
 * @param messagesPerRoom about a third of what one room can append
 * @param connectionsPerUserBurst sockets opened, by tokens of one user
 * @param connectionsPerUser a client that reconnects once a second does not pause as it should
 * @param connectionsPerAddressBurst handshakes from one IPv4 address or IPv6 /64, before any token
 *     is looked at: a carrier's or a company's many clients after an outage
 * @param connectionsPerAddress each costs two signature checks, some 0.2 ms
 * @param requestsPerUserBurst HTTP requests of one user
 * @param requestsPerUser the same
 * @param requestsPerAddressBurst HTTP requests from one address, before any token is looked at
 * @param requestsPerAddress the same
 */
@ConfigurationProperties("sallyport.limits")
public record LimitSettings(
    @DefaultValue("2000") long framesPerDeviceBurst,
    @DefaultValue("500") long framesPerDevice,
    @DefaultValue("4000") long framesPerUserBurst,
    @DefaultValue("1000") long framesPerUser,
    @DefaultValue("8388608") long bytesPerDeviceBurst,
    @DefaultValue("1048576") long bytesPerDevice,
    @DefaultValue("16777216") long bytesPerUserBurst,
    @DefaultValue("2097152") long bytesPerUser,
    @DefaultValue("4000") long messagesPerRoomBurst,
    @DefaultValue("1000") long messagesPerRoom,
    @DefaultValue("120") long connectionsPerUserBurst,
    @DefaultValue("1") long connectionsPerUser,
    @DefaultValue("2000") long connectionsPerAddressBurst,
    @DefaultValue("100") long connectionsPerAddress,
    @DefaultValue("600") long requestsPerUserBurst,
    @DefaultValue("50") long requestsPerUser,
    @DefaultValue("4000") long requestsPerAddressBurst,
    @DefaultValue("400") long requestsPerAddress) {}
