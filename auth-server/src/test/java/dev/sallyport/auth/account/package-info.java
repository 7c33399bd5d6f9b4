/** Accounts, for tests of other packages. */
@NullMarked
package dev.sallyport.auth.account;

import org.jspecify.annotations.NullMarked;
