/** Real databases for tests, migrated as the server migrates them. */
@NullMarked
package dev.sallyport.auth.database;

import org.jspecify.annotations.NullMarked;
