/**
 * Policies as text: {@link Lexer} cuts it into {@link Tokens}, {@link PolicyParser} builds {@link
 * PolicyText}s of sealed {@link Expr}essions, every one of which knows where it stands. Start with
 * {@code Expr}. Everything here is bounded: size of text, nesting, tokens. Uses {@code json},
 * {@code value} and {@code diagnostic}.
 */
@NullMarked
package dev.sallyport.policy.syntax;

import org.jspecify.annotations.NullMarked;
