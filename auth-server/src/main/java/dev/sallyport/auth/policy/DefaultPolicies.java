package dev.sallyport.auth.policy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.springframework.core.io.ClassPathResource;
import org.springframework.stereotype.Component;

/** The content that ships with the server: version 1 of every installation. */
@Component
class DefaultPolicies {

  private final PolicyContent content =
      new PolicyContent(
          read("policy/default.cedar"),
          read("policy/chat.cedarschema"),
          read("policy/entities.json"));

  PolicyContent content() {
    return content;
  }

  private static String read(String resource) {
    try {
      return new ClassPathResource(resource).getContentAsString(UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("`" + resource + "` is missing from the jar", e);
    }
  }
}
