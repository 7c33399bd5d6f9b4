/**
 * What the host provides: {@link Entities} finds live objects as {@link EntityView}s, which the
 * engine asks for attributes and ancestors one by one and never copies. {@link Attributes} and
 * {@link UidSet} make that fast. {@link Entity} is a ready one for data at rest, {@link
 * EntitiesJson} reads Cedar's JSON form, with the help of {@code form}. Uses {@code syntax} for
 * literals, {@code json}, {@code value} and {@code diagnostic}.
 */
@NullMarked
package dev.sallyport.policy.entity;

import org.jspecify.annotations.NullMarked;
