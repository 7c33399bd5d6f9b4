/**
 * How long a request may take to arrive. Tomcat ends a connection that says nothing for a while,
 * not one that says a byte now and then: who drips could hold every connection there is. Start with
 * {@code TimelyProtocol} for heads, {@code BodyDeadline} for bodies. Knows no feature; nothing
 * depends on it but {@code certificate}, whose port keeps the same time.
 */
@NullMarked
package dev.sallyport.auth.pace;

import org.jspecify.annotations.NullMarked;
