/** Nodes of the server for tests of what lies behind the API's first doors. */
@NullMarked
package dev.sallyport.auth.server;

import org.jspecify.annotations.NullMarked;
