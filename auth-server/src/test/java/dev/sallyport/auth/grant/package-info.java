/** The OAuth endpoints and the API over real sockets: a class for each specification. */
@NullMarked
package dev.sallyport.auth.grant;

import org.jspecify.annotations.NullMarked;
