/** The admin API over HTTP, on two nodes. */
@NullMarked
package dev.sallyport.auth.admin;

import org.jspecify.annotations.NullMarked;
