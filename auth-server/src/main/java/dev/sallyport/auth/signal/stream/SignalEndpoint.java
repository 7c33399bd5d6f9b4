package dev.sallyport.auth.signal.stream;

import dev.sallyport.auth.signal.stream.SignalLog.Reading;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.transaction.TransactionException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/signals}: the long poll of the gateways. */
@RestController
class SignalEndpoint {

  /** Requests that may wait at the same time on one node: many times the gateways there are. */
  static final int WAITERS_MAX = 256;

  private static final int WAIT_SECONDS_MAX = 25;
  private static final int LIMIT_MAX = 1000;
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

  private final SignalSequencer sequencer;
  private final SignalLog log;
  private final StreamEnd end;
  private final SignalToken tokens;
  private final Semaphore waiters = new Semaphore(WAITERS_MAX);

  SignalEndpoint(SignalSequencer sequencer, SignalLog log, StreamEnd end, SignalToken tokens) {
    this.sequencer = sequencer;
    this.log = log;
    this.end = end;
    this.tokens = tokens;
  }

  record Signals(String position, List<String> sets, boolean more) {}

  @GetMapping(path = "/v1/signals")
  ResponseEntity<?> signals(
      @RequestParam(name = "after", required = false) @Nullable String after,
      @RequestParam(name = "wait", defaultValue = "0") String wait,
      @RequestParam(name = "limit", defaultValue = "100") String limit)
      throws InterruptedException {
    OptionalLong seconds = number(wait);
    OptionalLong count = number(limit);
    if (seconds.isEmpty() || seconds.getAsLong() > WAIT_SECONDS_MAX) {
      return problem(
          HttpStatus.BAD_REQUEST,
          "invalid_parameter",
          "`wait` is a number of seconds from 0 to " + WAIT_SECONDS_MAX);
    }
    if (count.isEmpty() || count.getAsLong() < 1 || count.getAsLong() > LIMIT_MAX) {
      return problem(
          HttpStatus.BAD_REQUEST,
          "invalid_parameter",
          "`limit` is a number from 1 to " + LIMIT_MAX);
    }
    @Nullable Long position = null;
    if (after != null) {
      OptionalLong given = number(after);
      if (given.isEmpty()) {
        return problem(
            HttpStatus.BAD_REQUEST,
            "invalid_parameter",
            "`after` is a position that this server gave out");
      }
      position = given.getAsLong();
    }
    try {
      return answer(position, (int) count.getAsLong(), Duration.ofSeconds(seconds.getAsLong()));
    } catch (DataAccessException | TransactionException e) {
      return busy("signals_unavailable", "signals cannot be read at the moment");
    }
  }

  private ResponseEntity<?> answer(@Nullable Long after, int limit, Duration wait)
      throws InterruptedException {
    Reading reading = log.read(after, limit);
    if (reading instanceof Reading.Page page && page.tokens().isEmpty()) {
      // "nothing" is an answer that gateways rely on, so what is committed is numbered first
      end.reached(sequencer.numberCommitted());
      if (!wait.isZero()) {
        if (!waiters.tryAcquire()) {
          return busy("too_many_waiters", "too many requests wait for signals on this node");
        }
        try {
          end.awaitBeyond(page.position(), wait);
        } finally {
          waiters.release();
        }
        end.reached(sequencer.numberCommitted());
      }
      reading = log.read(after, limit);
    }
    return switch (reading) {
      case Reading.Page page ->
          ResponseEntity.ok(
              new Signals(
                  Long.toString(page.position()), tokens.current(page.tokens()), page.more()));
      case Reading.Unknown _ ->
          problem(
              HttpStatus.GONE,
              "position_gone",
              "signals after this position are not kept: start again without `after`");
    };
  }

  private static OptionalLong number(String text) {
    return NUMBER.matcher(text).matches()
        ? OptionalLong.of(Long.parseLong(text))
        : OptionalLong.empty();
  }

  private static ResponseEntity<?> busy(String code, String detail) {
    return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
        .header(HttpHeaders.RETRY_AFTER, "1")
        .contentType(MediaType.APPLICATION_PROBLEM_JSON)
        .body(body(HttpStatus.SERVICE_UNAVAILABLE, code, detail));
  }

  private static ResponseEntity<?> problem(HttpStatus status, String code, String detail) {
    return ResponseEntity.status(status)
        .contentType(MediaType.APPLICATION_PROBLEM_JSON)
        .body(body(status, code, detail));
  }

  private static ProblemDetail body(HttpStatus status, String code, String detail) {
    ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
    problem.setType(URI.create("https://sallyport.dev/problems/" + code));
    problem.setProperty("code", code);
    return problem;
  }
}
