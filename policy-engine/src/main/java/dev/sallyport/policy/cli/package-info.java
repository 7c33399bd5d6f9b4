/**
 * The commands of the jar. The only package that reads files and writes to the console; uses the
 * facade like any other host.
 */
@NullMarked
package dev.sallyport.policy.cli;

import org.jspecify.annotations.NullMarked;
