package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.util.JSONArrayUtils;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.CloseCode;
import dev.sallyport.gateway.protocol.ServerFrame;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.web.reactive.result.method.RequestMappingInfo;
import org.springframework.web.reactive.result.method.annotation.RequestMappingHandlerMapping;

/**
 * What clients are promised in writing: {@code openapi.yaml}, {@code docs/close-codes.json} and
 * {@code docs/clients.md}, each held to the code. That answers are as described is checked with
 * every request of {@link HttpFixture}.
 */
class ContractTest extends HttpFixture {

  private static final Path PAGE = Path.of("docs", "clients.md");

  private static String anonymous(String path) {
    return path.replaceAll("\\{[A-Za-z_]+}", "{}");
  }

  @Test
  void openApi_describesEveryRoute_andNoOther() {
    var described = new TreeSet<String>();
    description.operations().forEach(operation -> described.add(anonymous(operation)));
    var routes = new TreeSet<String>();
    gateway
        .bean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class)
        .getHandlerMethods()
        .keySet()
        .forEach(info -> routes.addAll(routes(info)));
    assertThat(routes).hasSizeGreaterThan(25);
    assertThat(described).isEqualTo(routes);
    assertThat(description.operationIds()).doesNotHaveDuplicates().doesNotContain("null");
  }

  private static List<String> routes(RequestMappingInfo info) {
    var routes = new ArrayList<String>();
    for (var pattern : info.getPatternsCondition().getPatterns()) {
      if (pattern.getPatternString().startsWith("/v1/")) {
        info.getMethodsCondition()
            .getMethods()
            .forEach(method -> routes.add(method + " " + anonymous(pattern.getPatternString())));
      }
    }
    return routes;
  }

  @Test
  void openApi_examplesOfRequests_areValid() {
    assertThat(description.faultsOfExamples()).isEmpty();
  }

  @Test
  void openApi_isServedToEveryone() throws Exception {
    var answer = gateway.send(HttpRequest.newBuilder(gateway.uri("/v1/openapi.yaml")).build());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/yaml");
    assertThat(answer.body()).startsWith("openapi: 3.1.0");
  }

  @Test
  void closeCodes_asAFile_areThoseOfTheEnum() throws Exception {
    var published = new ArrayList<Map<String, Object>>();
    for (CloseCode code : CloseCode.values()) {
      var one = new LinkedHashMap<String, Object>();
      one.put("code", (long) code.code());
      one.put("name", code.reason());
      one.put("meaning", code.meaning());
      one.put("then", code.next().name().toLowerCase(Locale.ROOT));
      published.add(one);
    }
    var file = JSONArrayUtils.parse(Files.readString(Path.of("docs", "close-codes.json")));
    assertThat(file).as(JSONArrayUtils.toJSONString(published)).isEqualTo(published);
  }

  /** {@code POST /v1/rooms} followed, after other headers, by its body. */
  private static final Pattern REQUEST =
      Pattern.compile(
          "```http\\n(GET|POST|PUT|PATCH|DELETE) (\\S+)[^\\n]*\\n(?:[^\\n]+\\n)*?"
              + "(?:\\n(\\{.*?}))?\\n?```",
          Pattern.DOTALL);

  @Test
  void page_requestsToTheGateway_areAsDescribed() throws Exception {
    String page = Files.readString(PAGE);
    int bodies = 0;
    Matcher request = REQUEST.matcher(page);
    while (request.find()) {
      String path = request.group(2).split("\\?", 2)[0];
      if (!path.startsWith("/v1/")
          || path.equals("/v1/socket")
          || page.substring(0, request.start()).endsWith("issuer -->\n")) {
        continue;
      }
      if (request.group(3) != null) {
        description.checkRequest(request.group(1), path, request.group(3));
        bodies++;
      } else {
        assertThat(
                description.operations().stream().map(one -> one.replaceAll("\\{[^}]*}", "[^/]+")))
            .anyMatch(one -> (request.group(1) + " " + path).matches(one.replace(".", "\\.")));
      }
    }
    assertThat(bodies).isGreaterThan(4);
  }

  /** Frames are written with the field names of the .proto. */
  @Test
  void page_namesFieldsAndCodesThatThereAre() throws Exception {
    String page = Files.readString(PAGE);
    var fields = new TreeSet<String>();
    for (var message : ClientFrame.getDescriptor().getFile().getMessageTypes()) {
      message.getFields().forEach(field -> fields.add(message.getName() + "." + field.getName()));
    }
    Matcher named = Pattern.compile("`([A-Z][A-Za-z]+\\.[a-z_]+)`").matcher(page);
    int found = 0;
    while (named.find()) {
      assertThat(fields).contains(named.group(1));
      found++;
    }
    assertThat(found).isGreaterThan(8);
    assertThat(ServerFrame.getDescriptor().getFile().getFullName()).endsWith("socket.proto");
    Matcher code = Pattern.compile("\\b(4[0-9]{3}) `([a-z_]+)`").matcher(page);
    while (code.find()) {
      assertThat(CloseCode.of(Integer.parseInt(code.group(1))).map(CloseCode::reason))
          .contains(code.group(2));
    }
  }
}
