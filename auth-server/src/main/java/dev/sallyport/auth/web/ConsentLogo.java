package dev.sallyport.auth.web;

import dev.sallyport.auth.client.RegisteredClients;
import dev.sallyport.auth.registration.ClientLogos;
import java.time.Duration;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The logo that the consent page shows, from this server. */
@RestController
class ConsentLogo {

  private final FormTargets clients;
  private final ClientLogos logos;

  ConsentLogo(FormTargets clients, ClientLogos logos) {
    this.clients = clients;
    this.logos = logos;
  }

  @GetMapping("/consent/logo")
  ResponseEntity<byte[]> logo(
      @RequestParam(name = "client_id", defaultValue = "") String clientId) {
    return clients
        .client(clientId)
        .flatMap(RegisteredClients::find)
        .flatMap(logos::of)
        .map(
            logo ->
                ResponseEntity.ok()
                    .contentType(MediaType.parseMediaType(logo.type()))
                    .cacheControl(CacheControl.maxAge(Duration.ofMinutes(10)).cachePrivate())
                    .header("Content-Security-Policy", "default-src 'none'; sandbox")
                    .body(logo.bytes()))
        .orElseGet(() -> ResponseEntity.notFound().build());
  }
}
