package dev.sallyport.auth.signup;

import java.time.Duration;

/** What is said to someone who wants to sign up. Nothing of it depends on who has an account. */
public sealed interface Asked {

  /** If it may be, a letter is on its way. */
  record Accepted() implements Asked {}

  /** It is no address, or none that can be a username. */
  record NotPermitted() implements Asked {}

  /** Addresses of this domain do not sign up here. */
  record OtherDomain() implements Asked {}

  /** So many have asked from there that this one was not heard. HTTP 429. */
  record TooMany(Duration remaining) implements Asked {}
}
