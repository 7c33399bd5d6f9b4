package dev.sallyport.auth.server;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.token.ApiCaller;
import dev.sallyport.auth.token.KeyPurpose;
import dev.sallyport.auth.token.SigningKeys;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Stands in for the API's first two doors, so that tests of what lies behind need no tokens: the
 * caller is who the header says. Not a configuration class by annotation, so that scanning never
 * finds it; a test names it.
 */
public class StandInDoor {

  /** {@code <account id> <client id> <1fa|2fa>}. */
  public static final String CALLER = "Test-Caller";

  @Bean
  @Order(Ordered.HIGHEST_PRECEDENCE)
  SecurityFilterChain standInApiChain(HttpSecurity http) throws Exception {
    return http.securityMatcher("/v1/**")
        .csrf(csrf -> csrf.disable())
        .sessionManagement(session -> session.disable())
        .requestCache(cache -> cache.disable())
        .authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
        .addFilterBefore(new CallerFilter(), AuthorizationFilter.class)
        .build();
  }

  /** For beans that only their name tells apart. */
  record Beans(BeanFactory factory) {}

  @Bean
  Beans beans(BeanFactory factory) {
    return new Beans(factory);
  }

  @Bean
  @Primary
  SigningKeys standInKeys() {
    return new OwnKeys();
  }

  private static final class CallerFilter extends OncePerRequestFilter {
    @Override
    protected void doFilterInternal(
        HttpServletRequest request, HttpServletResponse response, FilterChain chain)
        throws ServletException, IOException {
      String header = request.getHeader(CALLER);
      if (header != null) {
        String[] caller = header.split(" ", -1);
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(
            UsernamePasswordAuthenticationToken.authenticated(
                new ApiCaller(
                    caller[0],
                    caller[1],
                    SecurityProfile.CHAT,
                    Set.of("admin"),
                    "sid",
                    "urn:sallyport:acr:" + caller[2],
                    List.of("pwd"),
                    Instant.EPOCH,
                    null,
                    null,
                    "hash",
                    null),
                null,
                List.of()));
        SecurityContextHolder.setContext(context);
      }
      chain.doFilter(request, response);
    }
  }

  private static final class OwnKeys implements SigningKeys {
    private final Map<KeyPurpose, ECKey> keys = new EnumMap<>(KeyPurpose.class);

    OwnKeys() {
      for (KeyPurpose purpose : KeyPurpose.values()) {
        try {
          keys.put(purpose, new ECKeyGenerator(Curve.P_256).keyIDFromThumbprint(true).generate());
        } catch (JOSEException e) {
          throw new IllegalStateException(e);
        }
      }
    }

    private ECKey key(KeyPurpose purpose) {
      return Objects.requireNonNull(keys.get(purpose));
    }

    @Override
    public String sign(KeyPurpose purpose, String typ, JWTClaimsSet claims) {
      return sign(purpose, typ, claims.toString());
    }

    @Override
    public String sign(KeyPurpose purpose, String typ, String claims) {
      try {
        ECKey key = key(purpose);
        JWSObject jws =
            new JWSObject(
                new JWSHeader.Builder(JWSAlgorithm.ES256)
                    .type(new JOSEObjectType(typ))
                    .keyID(key.getKeyID())
                    .build(),
                new Payload(claims));
        jws.sign(new ECDSASigner(key));
        return jws.serialize();
      } catch (JOSEException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public long version() {
      return 1;
    }

    @Override
    public JWKSet published(KeyPurpose purpose) {
      return new JWKSet(key(purpose).toPublicJWK());
    }
  }
}
