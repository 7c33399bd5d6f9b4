package dev.sallyport.auth.installation;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Says a {@link SettingRefused} in one line on standard error, where Spring Boot would print a
 * page.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class OneLineStartFailure implements SpringBootExceptionReporter {

  /** A cause chain deeper than this is not one of ours. */
  private static final int CAUSES_MAX = 32;

  @Override
  public boolean reportException(Throwable failure) {
    @Nullable Throwable cause = failure;
    for (int depth = 0; cause != null && depth < CAUSES_MAX; depth++) {
      if (cause instanceof SettingRefused refused) {
        System.err.println("auth-server: " + refused.getMessage());
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }
}
