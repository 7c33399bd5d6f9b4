package dev.sallyport.auth.admin;

import dev.sallyport.auth.signal.EventRecorded;
import dev.sallyport.auth.signal.SecurityEvents;
import java.net.URI;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.orm.ObjectOptimisticLockingFailureException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** Writes refusals of the admin API as problem documents. */
@RestControllerAdvice(basePackageClasses = AdminProblems.class)
class AdminProblems {

  private final SecurityEvents events;
  private final TransactionTemplate transaction;

  AdminProblems(SecurityEvents events, PlatformTransactionManager transactions) {
    this.events = events;
    this.transaction = new TransactionTemplate(transactions);
  }

  @ExceptionHandler
  ResponseEntity<ProblemDetail> refused(RequestRefused refused) {
    EventRecorded event = refused.toRecord();
    if (event != null) {
      transaction.executeWithoutResult(_ -> events.record(event.actor(), event.event()));
    }
    ProblemDetail problem = ProblemDetail.forStatusAndDetail(refused.status(), refused.detail());
    problem.setType(URI.create("https://sallyport.dev/problems/" + refused.code()));
    problem.setProperty("code", refused.code());
    refused.members().forEach(problem::setProperty);
    return ResponseEntity.status(refused.status())
        .contentType(MediaType.APPLICATION_PROBLEM_JSON)
        .body(problem);
  }

  /** Two changed the same account at the same time, and this was the second. */
  @ExceptionHandler
  ResponseEntity<ProblemDetail> changedMeanwhile(ObjectOptimisticLockingFailureException e) {
    return refused(
        new RequestRefused(
            HttpStatus.PRECONDITION_FAILED, "changed_meanwhile", "it was changed meanwhile"));
  }
}
