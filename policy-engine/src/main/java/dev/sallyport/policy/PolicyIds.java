package dev.sallyport.policy;

/** Where the ids of the policies in a text come from. */
public enum PolicyIds {
  /** The annotation {@code @id}; a policy without one is {@code policyN} by its place, from 0. */
  FROM_ANNOTATION,
  /** {@code policyN} by its place, from 0, as Cedar's own library does. */
  BY_PLACE
}
