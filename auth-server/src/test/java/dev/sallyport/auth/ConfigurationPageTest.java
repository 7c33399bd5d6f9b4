package dev.sallyport.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Parameter;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.type.filter.AnnotationTypeFilter;

/** The page that tables all properties tables all of this server's, with their defaults. */
class ConfigurationPageTest {

  private static final Path PAGE = Path.of("../ops/decisions/0003-configuration.md");
  private static final Pattern PROPERTY = Pattern.compile("`(sallyport\\.[a-z0-9.-]+)");

  /** What the code reads, with its default; empty text: none. */
  private static Map<String, String> properties() throws ClassNotFoundException {
    ClassPathScanningCandidateComponentProvider scanner =
        new ClassPathScanningCandidateComponentProvider(false);
    scanner.addIncludeFilter(new AnnotationTypeFilter(ConfigurationProperties.class));
    Map<String, String> properties = new TreeMap<>();
    for (var found : scanner.findCandidateComponents("dev.sallyport.auth")) {
      Class<?> type = Class.forName(found.getBeanClassName());
      add(type.getAnnotation(ConfigurationProperties.class).value(), type, properties);
    }
    return properties;
  }

  private static void add(String prefix, Class<?> type, Map<String, String> properties) {
    for (RecordComponent component : type.getRecordComponents()) {
      String name =
          prefix + "." + component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
      if (component.getType().isRecord()) {
        add(name, component.getType(), properties);
        continue;
      }
      DefaultValue given = parameter(type, component).getAnnotation(DefaultValue.class);
      properties.put(
          name,
          given == null
                  || given.value().length == 0
                  || Collection.class.isAssignableFrom(component.getType())
              ? ""
              : given.value()[0]);
    }
  }

  /** Of the canonical constructor, whose parameters carry the annotations. */
  private static Parameter parameter(Class<?> type, RecordComponent component) {
    for (var constructor : type.getDeclaredConstructors()) {
      for (var parameter : constructor.getParameters()) {
        if (parameter.getName().equals(component.getName())) {
          return parameter;
        }
      }
    }
    throw new AssertionError(type + " has no parameter " + component.getName());
  }

  @Test
  void page_ofTheAuthServer_tablesEveryPropertyWithItsDefaultAndNoOther() throws Exception {
    String page = Files.readString(PAGE);
    String table = page.substring(0, page.indexOf("| chat-gateway |"));
    Map<String, String> properties = properties();
    assertThat(properties).hasSizeGreaterThan(20);
    properties.forEach(
        (name, value) ->
            assertThat(table.lines().filter(line -> line.startsWith("|")))
                .as("%s, default `%s`", name, value)
                .anyMatch(
                    line ->
                        line.matches(".*`" + Pattern.quote(name) + "(\\[n]\\.…)?`.*")
                            && (value.isEmpty()
                                || line.contains("`" + value + "`")
                                || line.contains("| " + value + " |"))));
    TreeSet<String> tabled = new TreeSet<>();
    Matcher property = PROPERTY.matcher(table.substring(table.indexOf("| auth-server |")));
    while (property.find()) {
      tabled.add(property.group(1));
    }
    assertThat(properties.keySet()).containsAll(tabled);
  }
}
