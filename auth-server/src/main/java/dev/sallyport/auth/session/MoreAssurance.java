package dev.sallyport.auth.session;

import java.util.List;

/**
 * A feature by which sign-ins here can be of another {@code acr} than the two that they always can.
 */
public interface MoreAssurance {

  /** Those that are on in this installation. */
  List<String> acrs();
}
