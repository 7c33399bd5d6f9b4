package dev.sallyport.gateway.door;

import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.reactive.CorsWebFilter;
import org.springframework.web.cors.reactive.UrlBasedCorsConfigurationSource;

/** CORS for the HTTP API, for the same origins that may open sockets. */
@Configuration(proxyBeanMethods = false)
class CrossOrigin {
  /** Before the door: a preflight carries no token (Fetch standard, CORS-preflight request). */
  @Bean
  @Order(HttpDoor.ORDER - 10)
  CorsWebFilter corsWebFilter(AllowedOrigins origins) {
    CorsConfiguration cors = new CorsConfiguration();
    cors.setAllowedOrigins(List.copyOf(origins.origins()));
    cors.setAllowedMethods(List.of("GET", "POST", "PUT", "PATCH", "DELETE"));
    cors.setAllowedHeaders(
        List.of(
            "Authorization",
            "DPoP",
            "Content-Type",
            "If-Match",
            "If-None-Match",
            "Content-Digest",
            "Repr-Digest"));
    cors.setExposedHeaders(
        List.of(
            "WWW-Authenticate", "DPoP-Nonce", "Retry-After", "ETag", "Location", "Repr-Digest"));
    cors.setAllowCredentials(false);
    UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
    // The socket checks its origin itself, before 101.
    source.registerCorsConfiguration("/v1/**", cors);
    return new CorsWebFilter(
        exchange ->
            exchange.getRequest().getPath().value().equals("/v1/socket")
                ? null
                : source.getCorsConfiguration(exchange));
  }
}
