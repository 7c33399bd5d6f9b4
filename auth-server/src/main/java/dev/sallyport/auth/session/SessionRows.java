package dev.sallyport.auth.session;

import jakarta.persistence.LockModeType;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface SessionRows extends Repository<SessionEntity, String> {

  SessionEntity save(SessionEntity session);

  /** So that {@link SessionReads} sees what was saved. */
  void flush();

  @Query(
      "select s from SessionEntity s where s.sid = :sid and s.endedAt is null and s.expiresAt > :now")
  Optional<SessionEntity> live(String sid, Instant now);

  @Lock(LockModeType.PESSIMISTIC_WRITE)
  @Query(
      "select s from SessionEntity s where s.sid = :sid and s.endedAt is null and s.expiresAt > :now")
  Optional<SessionEntity> lock(String sid, Instant now);

  @Query(
      "select s from SessionEntity s where s.accountId = :accountId and s.endedAt is null and s.expiresAt > :now"
          + " order by s.authTime desc")
  List<SessionEntity> liveOfAccount(String accountId, Instant now);

  /** Ends it once: of two that try at the same time, one gets 1. */
  @Modifying(clearAutomatically = true, flushAutomatically = true)
  @Query(
      "update SessionEntity s set s.endedAt = :now, s.endedBy = :by where s.sid = :sid and s.endedAt is null")
  int end(String sid, Instant now, String by);

  @Modifying(clearAutomatically = true, flushAutomatically = true)
  @Query(
      "update SessionEntity s set s.endedAt = :now, s.endedBy = :by"
          + " where s.accountId = :accountId and s.endedAt is null")
  int endAll(String accountId, Instant now, String by);

  @Modifying
  @Query("delete from SessionEntity s where s.expiresAt < :before")
  int deleteExpiredBefore(Instant before);

  @Modifying(flushAutomatically = true)
  @Query(
      "update SessionEntity s set s.userAgent = '', s.address = '' where s.accountId = :accountId")
  int forgetWhere(String accountId);
}
