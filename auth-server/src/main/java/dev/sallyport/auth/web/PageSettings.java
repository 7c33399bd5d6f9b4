package dev.sallyport.auth.web;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param idle a browser that is signed in and asks for nothing is forgotten after this; its tokens
 *     live on
 */
@ConfigurationProperties("sallyport.browser")
record PageSettings(@DefaultValue("8h") Duration idle) {}
