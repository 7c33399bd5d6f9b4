/** The whole server, started for tests on a port of its own. */
@NullMarked
package dev.sallyport.auth.server;

import org.jspecify.annotations.NullMarked;
