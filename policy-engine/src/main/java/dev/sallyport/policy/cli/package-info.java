/**
 * The commands of the jar. {@link Main} is the door, {@link Commands} lists what there is and what
 * each takes; one class for each command; {@link Inputs} reads what they are given. The only
 * package that reads files and writes to the console; uses the facade like any other host, and
 * {@code syntax}, {@code entity} and {@code json} to read what a command line has in pieces.
 */
@NullMarked
package dev.sallyport.policy.cli;

import org.jspecify.annotations.NullMarked;
