package dev.sallyport.gateway.door;

import org.springframework.core.io.ClassPathResource;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What {@code /v1/**} offers, for everyone; a test holds it to the routes and to the answers. */
@RestController
final class ApiDescription {
  static final String PATH = "/v1/openapi.yaml";

  @GetMapping(PATH)
  ResponseEntity<ClassPathResource> document() {
    return ResponseEntity.ok()
        .contentType(MediaType.parseMediaType("application/yaml"))
        .body(new ClassPathResource("openapi.yaml"));
  }
}
