@NullMarked
package dev.sallyport.policy.cli;

import org.jspecify.annotations.NullMarked;
