package dev.sallyport.auth.grant;

class ThousandAtOnceOnH2Test extends ThousandAtOnceContract {
  @Override
  World open() {
    return World.with("--spring.datasource.hikari.connection-timeout=120000");
  }
}
