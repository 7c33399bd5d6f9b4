package dev.sallyport.auth.mail;

import org.springframework.mail.MailException;
import org.springframework.mail.SimpleMailMessage;
import org.springframework.mail.javamail.JavaMailSender;

/** Hands letters to the mail server that {@code spring.mail} names. */
final class SmtpDelivery implements Delivery {

  private final JavaMailSender sender;
  private final String from;

  SmtpDelivery(JavaMailSender sender, String from) {
    this.sender = sender;
    this.from = from;
  }

  @Override
  public boolean on() {
    return true;
  }

  @Override
  public void deliver(Letter letter) throws Failed {
    SimpleMailMessage message = new SimpleMailMessage();
    message.setFrom(from);
    message.setTo(letter.to());
    message.setSubject(letter.subject());
    message.setText(letter.text());
    try {
      sender.send(message);
    } catch (MailException e) {
      throw new Failed("the mail server did not take it", e);
    }
  }
}
