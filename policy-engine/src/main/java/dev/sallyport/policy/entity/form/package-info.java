/**
 * The JSON form of entities and values, from inside: {@link EntityForms} reads whole entities by
 * what is expected of them, {@link JsonValues} their values. For {@code entity} and those who know
 * a schema; hosts come in by {@code EntitiesJson} and {@code Schema}, and never see this package.
 */
@NullMarked
package dev.sallyport.policy.entity.form;

import org.jspecify.annotations.NullMarked;
