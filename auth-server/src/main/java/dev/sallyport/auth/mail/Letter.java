package dev.sallyport.auth.mail;

/**
 * One mail.
 *
 * @param to one address, of the form that accounts have
 * @param subject one line
 * @param text plain; lines end in a line feed
 */
public record Letter(String to, String subject, String text) {

  /** Says nothing of the text, and not to whom. */
  @Override
  public String toString() {
    return "Letter[" + subject + "]";
  }
}
