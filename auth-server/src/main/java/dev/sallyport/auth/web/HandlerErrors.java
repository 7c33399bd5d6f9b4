package dev.sallyport.auth.web;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.context.request.ServletWebRequest;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/**
 * What Spring refuses before a controller of ours is asked: no such path, another method, a body of
 * another kind. For programs a problem document with a stable {@code code}, for people a page. Says
 * nothing of how we are built.
 */
@ControllerAdvice
class HandlerErrors extends ResponseEntityExceptionHandler {

  @Override
  protected @Nullable ResponseEntity<Object> handleExceptionInternal(
      Exception failure,
      @Nullable Object body,
      HttpHeaders headers,
      HttpStatusCode statusCode,
      WebRequest request) {
    ServletWebRequest servlet = (ServletWebRequest) request;
    HttpServletResponse response = servlet.getResponse();
    if (response == null || response.isCommitted()) {
      return null;
    }
    HttpStatus status = HttpStatus.valueOf(statusCode.value());
    if (!servlet.getRequest().getRequestURI().startsWith("/v1/")) {
      headers.forEach((name, values) -> values.forEach(value -> response.addHeader(name, value)));
      try {
        response.sendError(status.value());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return null;
    }
    String code = code(status);
    ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail(status));
    problem.setType(URI.create("https://sallyport.dev/problems/" + code));
    problem.setTitle(status.getReasonPhrase());
    problem.setProperty("code", code);
    return ResponseEntity.status(status)
        .headers(headers)
        .contentType(MediaType.APPLICATION_PROBLEM_JSON)
        .body(problem);
  }

  private static String code(HttpStatus status) {
    return status == HttpStatus.BAD_REQUEST
        ? "invalid_request"
        : status.name().toLowerCase(Locale.ROOT);
  }

  private static String detail(HttpStatus status) {
    return switch (status) {
      case NOT_FOUND -> "there is nothing here";
      case METHOD_NOT_ALLOWED -> "another method is allowed here: see `Allow`";
      case UNSUPPORTED_MEDIA_TYPE -> "a body of another kind is read here: see `Accept`";
      case NOT_ACCEPTABLE -> "this can only be given in another form than `Accept` asks for";
      case BAD_REQUEST -> "a parameter is missing or malformed, or the body is";
      default -> "this request cannot be answered";
    };
  }
}
