package dev.sallyport.auth.admin;

import dev.sallyport.auth.policy.Inquiry.Resource;
import dev.sallyport.auth.signal.AuditTrail;
import dev.sallyport.auth.signal.RecordedEvent;
import dev.sallyport.auth.token.ApiCaller;
import jakarta.servlet.http.HttpServletRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The audit trail, and the refusals of this server by the id that someone was shown. */
@RestController
class AuditEndpoint {

  private final AuditTrail trail;
  private final AdminDoor door;

  AuditEndpoint(AuditTrail trail, AdminDoor door) {
    this.trail = trail;
    this.door = door;
  }

  @GetMapping("/v1/admin/events")
  Map<String, Object> events(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestParam(name = "before", defaultValue = "999999999999999999") String before,
      @RequestParam(name = "limit", defaultValue = "50") String limit,
      @RequestParam(name = "type", required = false) @Nullable String type,
      @RequestParam(name = "subject", required = false) @Nullable String subject,
      @RequestParam(name = "actor", required = false) @Nullable String actor,
      @RequestParam(name = "since", required = false) @Nullable String since,
      @RequestParam(name = "until", required = false) @Nullable String until) {
    door.pass(request, caller, "audit.read", Resource.auditTrail());
    int count = (int) Texts.number("limit", limit, 1, AuditTrail.PAGE_MAX);
    List<RecordedEvent> page =
        trail.page(
            Texts.number("before", before, 1, Long.MAX_VALUE),
            new AuditTrail.Filter(
                type == null ? null : Texts.parameter("type", type),
                subject == null ? null : Texts.parameter("subject", subject),
                actor == null ? null : Texts.parameter("actor", actor),
                Texts.moment("since", since),
                Texts.moment("until", until)),
            count);
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("events", page.stream().map(AuditEndpoint::event).toList());
    document.put("next", page.size() < count ? null : Long.toString(page.getLast().id()));
    return document;
  }

  @GetMapping("/v1/admin/decisions/{id:" + Texts.UUID + "}")
  Map<String, Object> decision(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.pass(request, caller, "decision.read", new Resource("Decision", id, Map.of()));
    RecordedEvent refusal =
        trail.refusal(id).orElseThrow(() -> RequestRefused.notFound("decision of this server"));
    Map<String, Object> data = refusal.data();
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("decision_id", id);
    document.put("result", "refused");
    document.put("principal", refusal.subject());
    document.put("client_id", data.get("client_id"));
    document.put("action", data.get("action"));
    document.put("resource", data.get("resource"));
    document.put("determining", Objects.requireNonNullElse(data.get("policies"), List.of()));
    document.put("version", data.get("policy_version"));
    document.put("decided_at", refusal.occurredAt());
    return document;
  }

  private static Map<String, Object> event(RecordedEvent event) {
    Map<String, Object> actor = new LinkedHashMap<>();
    actor.put("kind", event.actor().kind().caep());
    actor.put("id", event.actor().id());
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("id", Long.toString(event.id()));
    document.put("type", event.type());
    document.put("actor", actor);
    document.put("subject", event.subject());
    document.put("occurred_at", event.occurredAt());
    document.put("data", event.data());
    return document;
  }
}
