package dev.sallyport.auth.totp;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param required everyone must enrol at the first sign-in; otherwise only those who have enrolled
 *     are asked for a code
 * @param issuerName what authenticator apps show beside the username
 */
@ConfigurationProperties("sallyport.totp")
record TotpSettings(
    @DefaultValue("true") boolean required, @DefaultValue("Sallyport") String issuerName) {}
