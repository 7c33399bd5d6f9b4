package dev.sallyport.gateway.socket;

import dev.sallyport.gateway.door.AllowedOrigins;
import dev.sallyport.gateway.door.RemoteAddresses;
import dev.sallyport.gateway.door.ServerNonces;
import dev.sallyport.gateway.door.TokenDoor;
import java.util.Map;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;

/** Where the socket is found. */
@Configuration(proxyBeanMethods = false)
class SocketWiring {
  @Bean
  SimpleUrlHandlerMapping socketMapping(
      Sockets sockets,
      TokenDoor door,
      ServerNonces nonces,
      RemoteAddresses addresses,
      AllowedOrigins origins) {
    return new SimpleUrlHandlerMapping(
        Map.of("/v1/socket", new SocketEndpoint(sockets, door, nonces, addresses, origins)), -1);
  }
}
