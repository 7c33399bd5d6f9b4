package dev.sallyport.auth.client;

import java.util.Set;

/** The scopes that exist ({@code ops/decisions/0002}). */
public final class Scopes {

  public static final String OPENID = "openid";
  public static final String PROFILE = "profile";
  public static final String EMAIL = "email";

  public static final String ADDRESS = "address";
  public static final String PHONE = "phone";

  /** Asks for a refresh token (OpenID Connect Core §11). */
  public static final String OFFLINE_ACCESS = "offline_access";

  public static final String CHAT_READ = "chat.read";
  public static final String CHAT_WRITE = "chat.write";
  public static final String ADMIN = "admin";

  /** For gateways, by client credentials only. */
  public static final String GATEWAY = "gateway";

  /** What a person may grant to a client. */
  public static final Set<String> OF_PERSONS =
      Set.of(OPENID, PROFILE, EMAIL, ADDRESS, PHONE, OFFLINE_ACCESS, CHAT_READ, CHAT_WRITE, ADMIN);

  /**
   * What means something at the gateway, and so what a gateway token may hold; {@code admin} opens
   * its decisions to who may look them up.
   */
  public static final Set<String> OF_GATEWAY_TOKENS = Set.of(CHAT_READ, CHAT_WRITE, ADMIN);

  /** What shows account ids, one's own or others': not for who is to know people by other names. */
  public static final Set<String> WITH_ACCOUNT_IDS = Set.of(CHAT_READ, CHAT_WRITE, ADMIN);

  private Scopes() {}
}
