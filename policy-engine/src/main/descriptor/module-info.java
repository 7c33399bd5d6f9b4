/**
 * The Cedar policy language: text to plan to decision. Start reading at {@link
 * dev.sallyport.policy}.
 */
module dev.sallyport.policy {
  requires static transitive org.jspecify;
  requires tools.jackson.core;

  exports dev.sallyport.policy;
  exports dev.sallyport.policy.diagnostic;
  exports dev.sallyport.policy.entity;
  exports dev.sallyport.policy.value;
}
