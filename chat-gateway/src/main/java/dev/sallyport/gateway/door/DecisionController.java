package dev.sallyport.gateway.door;

import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** Why was this refused? For admins, by the id that the refused one was given. */
@RestController
final class DecisionController {
  private static final int ID_CHARS = 36;

  private final PolicyDoor policy;
  private final Decisions decisions;

  DecisionController(PolicyDoor policy, Decisions decisions) {
    this.policy = policy;
    this.decisions = decisions;
  }

  @GetMapping("/v1/decisions/{id}")
  Mono<ResponseEntity<Object>> decision(Caller caller, @PathVariable String id) {
    Admission admission =
        policy.decide(
            caller, "decision.read", new Named(EntityUid.of(Chat.DECISION, id)), RecordValue.EMPTY);
    return switch (admission) {
      case Admission.Refused refused -> Mono.just(problem(Problems.of(refused)));
      case Admission.Admitted admitted ->
          (id.length() == ID_CHARS ? decisions.find(id) : Mono.<DecisionRecord>empty())
              .map(found -> ResponseEntity.ok((Object) json(found)))
              .switchIfEmpty(
                  Mono.fromSupplier(
                      () ->
                          problem(
                              Problems.of(
                                  HttpStatus.NOT_FOUND,
                                  "not_found",
                                  "no refusal of that id is on record"))));
    };
  }

  private static ResponseEntity<Object> problem(org.springframework.http.ProblemDetail problem) {
    return Problems.answer(problem);
  }

  private static Map<String, Object> json(DecisionRecord decision) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("decision_id", decision.id());
    json.put("result", "refused");
    json.put("decided_at", decision.at().toString());
    json.put("principal", Chat.user(decision.userId()).toString());
    json.put("user_id", decision.userId());
    if (decision.deviceId() != null) {
      json.put("device_id", decision.deviceId());
    }
    json.put("client_id", decision.clientId());
    json.put("action", decision.action());
    json.put("resource", decision.resource());
    json.put("version", decision.policyVersion());
    json.put("failed_closed", decision.failedClosed());
    json.put(
        "determining",
        decision.determining().stream().map(DecisionRecord.Determining::policyId).toList());
    json.put(
        "messages",
        decision.determining().stream()
            .map(DecisionRecord.Determining::message)
            .filter(java.util.Objects::nonNull)
            .toList());
    json.put(
        "errors",
        decision.errors().stream()
            .map(one -> Map.of("policy_id", one.policyId(), "problem", one.problem()))
            .toList());
    return json;
  }

  /** An entity of which policies know only the name. */
  private record Named(EntityUid uid) implements EntityView {
    @Override
    public @Nullable Value attribute(String name) {
      return null;
    }

    @Override
    public boolean isIn(EntityUid ancestor) {
      return false;
    }

    @Override
    public Iterable<EntityUid> ancestors() {
      return List.of();
    }
  }
}
