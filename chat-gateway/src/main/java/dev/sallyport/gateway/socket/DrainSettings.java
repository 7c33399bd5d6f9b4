package dev.sallyport.gateway.socket;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How a gateway that ends lets go of its sockets.
 *
 * @param notice from readiness turning red until the first client is told: balancers have to see it
 * @param spread over which clients are told, so that not all come to the others at once; few take
 *     less
 * @param answersMax after which clients are told though an answer is owed to them
 */
@ConfigurationProperties("sallyport.drain")
record DrainSettings(
    @DefaultValue("500ms") Duration notice,
    @DefaultValue("5s") Duration spread,
    @DefaultValue("5s") Duration answersMax) {}
