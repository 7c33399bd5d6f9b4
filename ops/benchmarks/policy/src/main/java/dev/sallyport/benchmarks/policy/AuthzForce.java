package dev.sallyport.benchmarks.policy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import oasis.names.tc.xacml._3_0.core.schema.wd_17.DecisionType;
import org.ow2.authzforce.core.pdp.api.AttributeFqns;
import org.ow2.authzforce.core.pdp.api.DecisionRequest;
import org.ow2.authzforce.core.pdp.api.DecisionRequestBuilder;
import org.ow2.authzforce.core.pdp.api.value.AttributeDatatype;
import org.ow2.authzforce.core.pdp.api.value.AttributeValue;
import org.ow2.authzforce.core.pdp.api.value.Bags;
import org.ow2.authzforce.core.pdp.api.value.BooleanValue;
import org.ow2.authzforce.core.pdp.api.value.DateTimeValue;
import org.ow2.authzforce.core.pdp.api.value.IntegerValue;
import org.ow2.authzforce.core.pdp.api.value.IpAddressValue;
import org.ow2.authzforce.core.pdp.api.value.StandardDatatypes;
import org.ow2.authzforce.core.pdp.api.value.StringValue;
import org.ow2.authzforce.core.pdp.api.value.TimeValue;
import org.ow2.authzforce.core.pdp.impl.BasePdpEngine;
import org.ow2.authzforce.core.pdp.impl.PdpEngineConfiguration;

/** XACML 3.0 by AuthzForce, through its Java interface: requests are ready attributes, no XML. */
final class AuthzForce implements Decider {
  private final BasePdpEngine pdp;
  private final DecisionRequest[] requests;

  AuthzForce(Scenario scenario) {
    // The XML parser would otherwise refuse a policy set of this size.
    System.setProperty("jdk.xml.totalEntitySizeLimit", "0");
    System.setProperty("jdk.xml.maxGeneralEntitySizeLimit", "0");
    System.setProperty("jdk.xml.maxElementDepth", "0");
    try {
      Path policies = Files.createTempFile("policies", ".xml");
      Path configuration = Files.createTempFile("pdp", ".xml");
      try {
        Files.writeString(policies, XacmlText.of(scenario));
        Files.writeString(configuration, configuration(policies));
        pdp =
            new BasePdpEngine(PdpEngineConfiguration.getInstance(configuration.toUri().toString()));
      } finally {
        Files.delete(policies);
        Files.delete(configuration);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    requests =
        scenario.asks().stream().map(ask -> request(scenario, ask)).toArray(DecisionRequest[]::new);
  }

  private static String configuration(Path policies) {
    return """
    <?xml version="1.0" encoding="UTF-8"?>
    <pdp xmlns="http://authzforce.github.io/core/xmlns/pdp/8"
     xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="8.0">
      <policyProvider id="policies" xsi:type="StaticPolicyProvider">
        <policyLocation>%s</policyLocation>
      </policyProvider>
      <rootPolicyRef policySet="true">root</rootPolicyRef>
    </pdp>
    """
        .formatted(policies.toUri());
  }

  @Override
  public boolean permits(int request) {
    return pdp.evaluate(requests[request]).getDecision() == DecisionType.PERMIT;
  }

  private DecisionRequest request(Scenario scenario, Scenario.Ask ask) {
    Scenario.User user = scenario.users().get(ask.user());
    Scenario.Room room = scenario.rooms().get(ask.room());
    Attributes attributes = new Attributes(pdp.newRequestBuilder(4, 25));

    List<String> roles = new ArrayList<>(scenario.rolesOf(user));
    user.groups().forEach(group -> roles.add("group:" + group));
    roles.add(user.admin() ? "role:admin" : "role:user");
    attributes.strings(XacmlText.SUBJECT, "roles", roles);
    attributes.strings(XacmlText.SUBJECT, "department", List.of(user.department()));
    attributes.flag(XacmlText.SUBJECT, "suspended", user.suspended());
    attributes.integer(XacmlText.SUBJECT, "clearance", user.clearance());
    attributes.dateTime(XacmlText.SUBJECT, "joined", user.joined());

    attributes.strings(XacmlText.ACTION, "id", List.of(ask.action().id));

    attributes.strings(XacmlText.RESOURCE, "id", List.of(room.id()));
    attributes.strings(XacmlText.RESOURCE, "name", List.of(room.name()));
    attributes.strings(XacmlText.RESOURCE, "joinRule", List.of(room.joinRule()));
    attributes.strings(XacmlText.RESOURCE, "tags", room.tags());
    if (room.label() != null) {
      attributes.strings(XacmlText.RESOURCE, "label", List.of(room.label()));
    }
    attributes.flag(XacmlText.RESOURCE, "archived", room.archived());
    attributes.flag(XacmlText.RESOURCE, "classified", room.classified());
    attributes.flag(XacmlText.RESOURCE, "announcements", room.announcements());
    attributes.integer(XacmlText.RESOURCE, "clearance", room.clearance());
    for (Scenario.Rank rank : Scenario.Rank.values()) {
      attributes.strings(
          XacmlText.RESOURCE, rank.name().toLowerCase(Locale.ROOT) + "s", List.of(room.role(rank)));
    }

    attributes.integer(XacmlText.ENVIRONMENT, "size", ask.size());
    attributes.flag(XacmlText.ENVIRONMENT, "mfa", ask.mfa());
    attributes.put(
        XacmlText.ENVIRONMENT,
        "ip",
        StandardDatatypes.IPADDRESS,
        List.of(IpAddressValue.valueOf(ask.ip())));
    attributes.dateTime(XacmlText.ENVIRONMENT, "now", ask.now());
    attributes.put(
        XacmlText.ENVIRONMENT,
        "time",
        StandardDatatypes.TIME,
        List.of(
            new TimeValue(
                ask.now()
                    .truncatedTo(ChronoUnit.SECONDS)
                    .atOffset(ZoneOffset.UTC)
                    .toOffsetTime()
                    .format(DateTimeFormatter.ISO_OFFSET_TIME))));
    return attributes.builder.build(false);
  }

  private record Attributes(DecisionRequestBuilder<?> builder) {
    void strings(String category, String id, Collection<String> values) {
      put(category, id, StandardDatatypes.STRING, values.stream().map(StringValue::new).toList());
    }

    void flag(String category, String id, boolean value) {
      put(category, id, StandardDatatypes.BOOLEAN, List.of(BooleanValue.valueOf(value)));
    }

    void integer(String category, String id, int value) {
      put(category, id, StandardDatatypes.INTEGER, List.of(IntegerValue.valueOf(value)));
    }

    void dateTime(String category, String id, Instant value) {
      put(category, id, StandardDatatypes.DATETIME, List.of(new DateTimeValue(value.toString())));
    }

    <V extends AttributeValue> void put(
        String category, String id, AttributeDatatype<V> type, List<V> values) {
      builder.putNamedAttributeIfAbsent(
          AttributeFqns.newInstance(category, Optional.empty(), id),
          Bags.newAttributeBag(type, values));
    }
  }
}
