package dev.sallyport.auth.federation;

/** What came of {@link Federation#link}. */
public sealed interface Linking {

  record Linked() implements Linking {}

  /** It was linked to this account before. */
  record AlreadyYours() implements Linking {}

  /** It belongs to another account, which must give it up first. */
  record AnothersAlready() implements Linking {}
}
