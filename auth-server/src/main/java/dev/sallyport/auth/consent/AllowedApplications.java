package dev.sallyport.auth.consent;

import java.util.List;
import java.util.Set;

/** The applications that may act for a person. Safe for use by many threads. */
public interface AllowedApplications {

  /**
   * @param clientId the application
   * @param scopes what its owner consented to, or what its tokens may do
   * @param signedIn whether it holds tokens of a session that is live
   */
  record Allowed(String clientId, Set<String> scopes, boolean signedIn) {
    public Allowed {
      scopes = Set.copyOf(scopes);
    }
  }

  /** Those of an account, by client id: consented to, or holding tokens. */
  List<Allowed> of(String accountId);

  /**
   * Ends all that an application was given by the owner of an account, who is asked anew before it
   * gets anything again. Gateways hear of its tokens within a second.
   *
   * @return whether there was anything to end
   */
  boolean withdraw(String accountId, String clientId);
}
