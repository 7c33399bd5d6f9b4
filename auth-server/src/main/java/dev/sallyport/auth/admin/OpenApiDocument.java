package dev.sallyport.auth.admin;

import org.springframework.core.io.ClassPathResource;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/openapi.yaml}: what {@code /v1/**} offers; a test holds it to the routes. */
@RestController
class OpenApiDocument {

  @GetMapping("/v1/openapi.yaml")
  ResponseEntity<ClassPathResource> document() {
    return ResponseEntity.ok()
        .contentType(MediaType.parseMediaType("application/yaml"))
        .body(new ClassPathResource("openapi.yaml"));
  }
}
