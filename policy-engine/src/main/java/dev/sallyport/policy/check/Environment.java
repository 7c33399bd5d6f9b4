package dev.sallyport.policy.check;

import dev.sallyport.policy.schema.Type;
import dev.sallyport.policy.value.EntityUid;

/** One kind of request that the schema allows. */
record Environment(String principal, EntityUid action, String resource, Type.RecordOf context) {}
