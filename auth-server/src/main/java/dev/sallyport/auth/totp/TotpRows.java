package dev.sallyport.auth.totp;

import java.time.Instant;
import java.util.Optional;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.NativeQuery;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface TotpRows extends Repository<TotpEntity, String> {

  Optional<TotpEntity> findById(String accountId);

  boolean existsById(String accountId);

  /** An insert, not a merge: of two enrolments at the same time one fails on the primary key. */
  @Modifying
  @NativeQuery(
      "insert into totp (account_id, secret, enrolled_at, last_step) values (:accountId, :secret, :at, :step)")
  int insert(String accountId, byte[] secret, Instant at, long step);

  @Modifying(clearAutomatically = true, flushAutomatically = true)
  @Query("delete from TotpEntity t where t.accountId = :accountId")
  int remove(String accountId);

  /** Compare-and-set: of two that show the same code, on whichever nodes, one gets 1. */
  @Modifying(clearAutomatically = true)
  @Query(
      "update TotpEntity t set t.lastStep = :step where t.accountId = :accountId and t.lastStep < :step")
  int spend(String accountId, long step);
}
