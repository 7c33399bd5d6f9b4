package dev.sallyport.gateway.door;

/** What the first door says. */
public sealed interface TokenAdmission {
  /** Come in. */
  record Welcome(Caller caller) implements TokenAdmission {}

  /** Stay out. */
  record Refused(TokenRefusal why) implements TokenAdmission {}
}
