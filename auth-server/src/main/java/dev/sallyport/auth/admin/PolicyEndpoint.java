package dev.sallyport.auth.admin;

import dev.sallyport.auth.policy.Activation;
import dev.sallyport.auth.policy.Inquiry;
import dev.sallyport.auth.policy.Inquiry.Resource;
import dev.sallyport.auth.policy.Policies;
import dev.sallyport.auth.policy.Policies.Saving;
import dev.sallyport.auth.policy.PolicyContent;
import dev.sallyport.auth.policy.PolicyDraft;
import dev.sallyport.auth.policy.PolicyProblem;
import dev.sallyport.auth.policy.PolicyVersion;
import dev.sallyport.auth.policy.Ruling;
import dev.sallyport.auth.token.ApiCaller;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/admin/policies}: versions, drafts, activation. */
@RestController
@RequestMapping("/v1/admin/policies")
class PolicyEndpoint {

  private static final String READ = "policy.read";
  private static final String ACTIVATE = "policy.activate";
  private static final String VERSION = "/{version:" + Texts.NUMBER + "}";
  private static final String DRAFT = "/drafts/{id:" + Texts.UUID + "}";
  private static final Set<String> CONTENT = Set.of("policies", "schema", "entities", "note");

  private final Policies policies;
  private final AdminDoor door;

  PolicyEndpoint(Policies policies, AdminDoor door) {
    this.policies = policies;
    this.door = door;
  }

  @GetMapping
  ResponseEntity<?> active(HttpServletRequest request, @AuthenticationPrincipal ApiCaller caller) {
    door.pass(request, caller, READ, Resource.policySet());
    PolicyVersion active = policies.active();
    return ResponseEntity.ok()
        .eTag(Precondition.tag(active.version()))
        .body(PolicyDocuments.whole(active));
  }

  @GetMapping("/versions")
  Map<String, Object> versions(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestParam(name = "before", defaultValue = "999999999999999999") String before,
      @RequestParam(name = "limit", defaultValue = "50") String limit) {
    door.pass(request, caller, READ, Resource.policySet());
    int count = (int) Texts.number("limit", limit, 1, Policies.PAGE_MAX);
    List<PolicyVersion> page =
        policies.versionsBefore(Texts.number("before", before, 1, Long.MAX_VALUE), count);
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("versions", page.stream().map(PolicyDocuments::listed).toList());
    document.put("next", page.size() < count ? null : Long.toString(page.getLast().version()));
    return document;
  }

  /** How the active version stands to what ships with this server. */
  @GetMapping("/upgrade")
  Map<String, Object> upgrade(
      HttpServletRequest request, @AuthenticationPrincipal ApiCaller caller) {
    door.pass(request, caller, READ, Resource.policySet());
    return PolicyDocuments.upgrade(policies.standing());
  }

  @GetMapping(VERSION)
  Map<String, Object> version(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("version") long version) {
    door.pass(request, caller, READ, Resource.policySet());
    return PolicyDocuments.whole(
        policies.version(version).orElseThrow(() -> RequestRefused.notFound("version")));
  }

  @PostMapping(path = "/validate", consumes = MediaType.APPLICATION_JSON_VALUE)
  Map<String, Object> validate(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestBody(required = false) byte @Nullable [] body) {
    door.pass(request, caller, READ, Resource.policySet());
    List<PolicyProblem> problems =
        policies.validate(content(JsonBody.read(body, CONTENT), policies.active().content()));
    if (problems.stream().anyMatch(problem -> !problem.warning())) {
      throw invalid(problems);
    }
    return Map.of("problems", PolicyDocuments.problems(problems));
  }

  @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<?> activate(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
      @RequestBody(required = false) byte @Nullable [] body) {
    Inquiry asking = door.pass(request, caller, ACTIVATE, Resource.policySet());
    @Nullable Long expected = Precondition.expected(ifMatch);
    JsonBody json = JsonBody.read(body, CONTENT);
    PolicyVersion before = policies.active();
    return answer(
        policies.activate(
            content(json, before.content()),
            note(json),
            // members left out were taken from this version: no other may have come between
            expected == null ? (Long) before.version() : expected,
            asking));
  }

  @PostMapping(VERSION + "/rollback")
  ResponseEntity<?> rollBack(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("version") long version,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    Inquiry asking = door.pass(request, caller, ACTIVATE, Resource.policySet());
    return answer(policies.rollBack(version, Precondition.expected(ifMatch), asking));
  }

  @GetMapping("/drafts")
  Map<String, Object> drafts(
      HttpServletRequest request, @AuthenticationPrincipal ApiCaller caller) {
    door.pass(request, caller, READ, Resource.policySet());
    return Map.of("drafts", policies.drafts().stream().map(PolicyDocuments::listed).toList());
  }

  @PostMapping(path = "/drafts", consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<?> begin(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @RequestBody(required = false) byte @Nullable [] body) {
    door.pass(request, caller, ACTIVATE, Resource.policySet());
    JsonBody json = JsonBody.read(body, CONTENT);
    PolicyContent content = bounded(content(json, policies.active().content()));
    return answer(policies.begin(content, note(json), caller.sub()), HttpStatus.CREATED);
  }

  @GetMapping(DRAFT)
  ResponseEntity<?> draft(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.pass(request, caller, READ, Resource.policySet());
    return shown(found(id), HttpStatus.OK);
  }

  @PutMapping(path = DRAFT, consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<?> save(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
      @RequestBody(required = false) byte @Nullable [] body) {
    door.pass(request, caller, ACTIVATE, Resource.policySet());
    @Nullable Long expected = Precondition.expected(ifMatch);
    JsonBody json = JsonBody.read(body, CONTENT);
    PolicyDraft before = found(id);
    return answer(
        policies.save(
            id,
            expected == null ? before.revision() : expected,
            bounded(content(json, before.content())),
            note(json),
            caller.sub()),
        HttpStatus.OK);
  }

  @DeleteMapping(DRAFT)
  ResponseEntity<?> discard(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.pass(request, caller, ACTIVATE, Resource.policySet());
    if (!policies.discard(id, caller.sub())) {
      throw RequestRefused.notFound("draft");
    }
    return ResponseEntity.noContent().build();
  }

  /** {@code If-Match} names the active version here, not the draft's revision. */
  @PostMapping(DRAFT + "/activate")
  ResponseEntity<?> activateDraft(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch) {
    Inquiry asking = door.pass(request, caller, ACTIVATE, Resource.policySet());
    return answer(policies.activateDraft(id, Precondition.expected(ifMatch), asking));
  }

  private PolicyDraft found(String id) {
    return policies.draft(id).orElseThrow(() -> RequestRefused.notFound("draft"));
  }

  private ResponseEntity<?> shown(PolicyDraft draft, HttpStatus status) {
    return ResponseEntity.status(status)
        .eTag(Precondition.tag(draft.revision()))
        .body(PolicyDocuments.whole(draft, policies.validate(draft.content())));
  }

  private ResponseEntity<?> answer(Saving saving, HttpStatus success) {
    return switch (saving) {
      case Saving.Saved(PolicyDraft draft) -> shown(draft, success);
      case Saving.Stale() -> throw Precondition.stale("the draft was saved meanwhile");
      case Saving.NoSuchDraft() -> throw RequestRefused.notFound("draft");
      case Saving.TooMany() ->
          throw new RequestRefused(
              HttpStatus.CONFLICT,
              "too_many_drafts",
              "there are " + Policies.DRAFTS_MAX + " drafts; discard one first");
    };
  }

  private static ResponseEntity<?> answer(Activation activation) {
    return switch (activation) {
      case Activation.Activated done -> {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("version", done.version());
        document.put("rollback_of", done.rollbackOf());
        document.put("problems", PolicyDocuments.problems(done.warnings()));
        yield ResponseEntity.created(URI.create("/v1/admin/policies/" + done.version()))
            .eTag(Precondition.tag(done.version()))
            .body(document);
      }
      case Activation.Stale(long active) ->
          throw Precondition.stale("version " + active + " is active").with("version", active);
      case Activation.Rejected(List<PolicyProblem> problems) -> throw invalid(problems);
      case Activation.Refused(Ruling.Refused ruling) -> throw AdminDoor.refused(ruling);
      case Activation.NoSuchContent() -> throw RequestRefused.notFound("version or draft");
    };
  }

  private static RequestRefused invalid(List<PolicyProblem> problems) {
    return new RequestRefused(
            HttpStatus.UNPROCESSABLE_CONTENT,
            "invalid_policy",
            "the policies are refused; the active version is untouched")
        .with("problems", PolicyDocuments.problems(problems));
  }

  private static PolicyContent content(JsonBody json, PolicyContent otherwise) {
    return new PolicyContent(
        json.requiredText("policies"),
        json.text("schema").orElse(otherwise.schema()),
        json.array("entities").orElse(otherwise.entities()));
  }

  /** A draft may be faulty, but not larger than what can ever become active. */
  private static PolicyContent bounded(PolicyContent content) {
    Optional<String> large =
        Map.of(
                "policies", content.policies(),
                "schema", content.schema(),
                "entities", content.entities())
            .entrySet()
            .stream()
            .filter(text -> text.getValue().length() > PolicyContent.TEXT_BYTES_MAX)
            .map(Map.Entry::getKey)
            .findAny();
    if (large.isPresent()) {
      throw RequestRefused.badRequest("`" + large.get() + "` has at most 1 MiB");
    }
    return content;
  }

  private static String note(JsonBody json) {
    return json.textUpTo("note", Policies.NOTE_CHARS_MAX);
  }
}
