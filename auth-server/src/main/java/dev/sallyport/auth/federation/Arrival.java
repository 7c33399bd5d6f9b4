package dev.sallyport.auth.federation;

/** Whose account an identity leads to. */
public sealed interface Arrival {

  /** That of its owner, who linked it, or for whom it was made. */
  record Account(String accountId) implements Arrival {}

  /** Nobody's, and the provider makes none for this one. */
  record Unknown() implements Arrival {}

  /** An account has this address already: its owner signs in, and links the identity. */
  record AddressTaken() implements Arrival {}
}
