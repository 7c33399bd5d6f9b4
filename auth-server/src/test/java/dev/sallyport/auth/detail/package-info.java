/** Rich authorization requests. */
@NullMarked
package dev.sallyport.auth.detail;

import org.jspecify.annotations.NullMarked;
