package dev.sallyport.auth.account;

import jakarta.persistence.AttributeConverter;
import jakarta.persistence.Converter;
import java.util.Map;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * Attributes as JSON text in one column; integers come back as {@code Long}, so that what is read
 * equals what was written.
 */
@Converter
final class AttributesColumn implements AttributeConverter<Map<String, Object>, String> {

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_LONG_FOR_INTS).build();
  private static final TypeReference<Map<String, Object>> MAP = new TypeReference<>() {};

  @Override
  public String convertToDatabaseColumn(Map<String, Object> attributes) {
    return json(attributes);
  }

  static String json(Object value) {
    return JSON.writeValueAsString(value);
  }

  @Override
  public Map<String, Object> convertToEntityAttribute(String column) {
    return JSON.readValue(column, MAP);
  }
}
