package dev.sallyport.auth.token;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Device credentials.
 *
 * @param credentialTtl how long one lives; key packages made with it must not outlive it, and its
 *     verification key stays published as long
 * @param perAccountMax live devices of one account
 */
@ConfigurationProperties("sallyport.devices")
public record CredentialSettings(
    @DefaultValue("30d") Duration credentialTtl, @DefaultValue("20") int perAccountMax) {}
