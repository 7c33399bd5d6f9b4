package dev.sallyport.auth.token;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param rotateAfter how long a signing key signs before the next takes over
 */
@ConfigurationProperties("sallyport.keys")
record KeySettings(@DefaultValue("90d") Duration rotateAfter) {}
