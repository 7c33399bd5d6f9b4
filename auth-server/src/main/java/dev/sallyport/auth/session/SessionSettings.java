package dev.sallyport.auth.session;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param lifetime how long a sign-in session and what came of it may live, whatever happens
 */
@ConfigurationProperties("sallyport.session")
record SessionSettings(@DefaultValue("30d") Duration lifetime) {}
