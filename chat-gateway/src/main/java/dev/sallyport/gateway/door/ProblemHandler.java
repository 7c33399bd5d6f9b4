package dev.sallyport.gateway.door;

import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.annotation.Order;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.stereotype.Component;
import org.springframework.web.ErrorResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;

/** Every error that nobody answered becomes a problem, and shows nothing from inside. */
@Component
@Order(-2) // before Spring Boot's own, which answers in another format
final class ProblemHandler implements WebExceptionHandler {
  private static final Logger log = LoggerFactory.getLogger(ProblemHandler.class);

  @Override
  public Mono<Void> handle(ServerWebExchange exchange, Throwable error) {
    if (exchange.getResponse().isCommitted()) {
      return Mono.error(error);
    }
    HttpStatusCode code = status(error);
    HttpStatus status = HttpStatus.resolve(code.value());
    if (status == null || status.is5xxServerError()) {
      log.error("request to {} failed", exchange.getRequest().getPath(), error);
      status = HttpStatus.INTERNAL_SERVER_ERROR;
    }
    if (error instanceof ErrorResponse response) {
      exchange.getResponse().getHeaders().addAll(response.getHeaders());
    }
    return ProblemWriter.write(exchange, Problems.of(status, code(status), text(status)));
  }

  private static HttpStatusCode status(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof DataBufferLimitException) {
        return HttpStatus.CONTENT_TOO_LARGE;
      }
    }
    return error instanceof ErrorResponse response
        ? response.getStatusCode()
        : HttpStatus.INTERNAL_SERVER_ERROR;
  }

  private static String code(HttpStatus status) {
    return switch (status) {
      case BAD_REQUEST -> "malformed";
      case NOT_FOUND -> "not_found";
      case CONTENT_TOO_LARGE -> "too_large";
      case INTERNAL_SERVER_ERROR -> "internal_error";
      default -> status.name().toLowerCase(Locale.ROOT);
    };
  }

  private static String text(HttpStatus status) {
    return switch (status) {
      case BAD_REQUEST -> "the request cannot be understood";
      case NOT_FOUND -> "there is nothing here";
      case CONTENT_TOO_LARGE -> "the body is longer than " + HttpDoor.BODY_BYTES_MAX + " bytes";
      case INTERNAL_SERVER_ERROR -> "something went wrong here";
      default -> status.getReasonPhrase().toLowerCase(Locale.ROOT);
    };
  }
}
