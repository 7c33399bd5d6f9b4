package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.person.PersonCard;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PersonClaimsTest {

  private static Account account(@Nullable String email, boolean verified) {
    return new Account(
        "id",
        "ada",
        "Ada",
        email,
        verified,
        Set.of(),
        Set.of(),
        Map.of(),
        false,
        false,
        Instant.EPOCH,
        1);
  }

  @Test
  void email_saysWhetherItWasConfirmed_andNothingWhereThereIsNone() {
    assertThat(PersonClaims.of(account("ada@example.org", true), PersonCard.BLANK, _ -> true))
        .containsEntry("email", "ada@example.org")
        .containsEntry("email_verified", true);
    assertThat(PersonClaims.of(account("ada@example.org", false), PersonCard.BLANK, _ -> true))
        .containsEntry("email_verified", false);
    assertThat(PersonClaims.of(account(null, false), PersonCard.BLANK, _ -> true))
        .containsOnlyKeys("name", "preferred_username", "updated_at");
    assertThat(
            PersonClaims.of(
                account("ada@example.org", true), PersonCard.BLANK, "email_verified"::equals))
        .containsOnlyKeys("email_verified");
  }
}
