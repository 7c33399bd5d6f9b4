/** Tests of what stands before the pages. */
@NullMarked
package dev.sallyport.auth.web;

import org.jspecify.annotations.NullMarked;
