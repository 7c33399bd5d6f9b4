package dev.sallyport.auth.mail;

/** An installation without mail. */
final class NoDelivery implements Delivery {

  @Override
  public boolean on() {
    return false;
  }

  @Override
  public void deliver(Letter letter) {
    throw new IllegalStateException("this installation sends no mail");
  }
}
