package dev.sallyport.auth.person;

/** What became of a change of a card. */
public sealed interface CardChange {

  record Changed(PersonCard card) implements CardChange {}

  record NoSuchAccount() implements CardChange {}

  /** It was changed since the version that was named. */
  record Stale() implements CardChange {}

  record NotPermitted(String message) implements CardChange {}
}
