/**
 * JSON, read once and bounded: {@link JsonReader} turns a text into a {@link Json} tree by
 * Jackson's streaming parser. Uses {@code diagnostic}.
 */
@NullMarked
package dev.sallyport.policy.json;

import org.jspecify.annotations.NullMarked;
