package dev.sallyport.auth.admin;

import java.net.URI;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.orm.ObjectOptimisticLockingFailureException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** Writes refusals of the admin API as problem documents. */
@RestControllerAdvice(basePackageClasses = AdminProblems.class)
class AdminProblems {

  @ExceptionHandler
  ResponseEntity<ProblemDetail> refused(RequestRefused refused) {
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
