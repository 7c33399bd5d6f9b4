package dev.sallyport.auth.signup;

import dev.sallyport.auth.installation.SettingRefused;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param emailDomains whose addresses may sign up, each without its subdomains; {@code *} alone:
 *     every address; none: nobody signs up
 * @param roles what each new account is given
 */
@ConfigurationProperties("sallyport.sign-up")
record SignUpSettings(
    @DefaultValue List<String> emailDomains, @DefaultValue("user") Set<String> roles) {

  private static final String ANY = "*";
  private static final Pattern DOMAIN = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,187}[a-z0-9])?");

  SignUpSettings {
    emailDomains =
        emailDomains.stream().map(domain -> domain.strip().toLowerCase(Locale.ROOT)).toList();
    roles = Set.copyOf(roles);
    boolean any = emailDomains.equals(List.of(ANY));
    for (String domain : emailDomains) {
      if (!any && !DOMAIN.matcher(domain).matches()) {
        throw new SettingRefused(
            "`sallyport.sign-up.email-domains` must be domains such as `example.org`, or `*` alone,"
                + " not `"
                + domain
                + "`");
      }
    }
    if (roles.contains("admin")) {
      throw new SettingRefused("`sallyport.sign-up.roles` must not make administrators");
    }
  }

  boolean on() {
    return !emailDomains.isEmpty();
  }

  /** The domains to name on the page; none: all. */
  List<String> named() {
    return emailDomains.contains(ANY) ? List.of() : emailDomains;
  }

  /** Whether this address, in lower case, may sign up. */
  boolean permits(String email) {
    return emailDomains.contains(ANY)
        || emailDomains.contains(email.substring(email.indexOf('@') + 1));
  }
}
