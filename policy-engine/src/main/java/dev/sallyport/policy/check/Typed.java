package dev.sallyport.policy.check;

import dev.sallyport.policy.schema.Type;

/**
 * What is known of an expression.
 *
 * @param capabilities what is certain to be present if the expression is true
 */
record Typed(Type type, Capabilities capabilities) {
  Typed(Type type) {
    this(type, Capabilities.NONE);
  }
}
