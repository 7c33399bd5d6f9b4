package dev.sallyport.auth.account;

import jakarta.persistence.LockModeType;
import java.util.List;
import java.util.Optional;
import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface AccountRows extends Repository<AccountEntity, String> {

  Optional<AccountEntity> findByUsername(String username);

  boolean existsByUsername(String username);

  @Lock(LockModeType.PESSIMISTIC_WRITE)
  @Query("select a from AccountEntity a where a.id = :id")
  Optional<AccountEntity> lockById(String id);

  List<AccountEntity> findByUsernameGreaterThanOrderByUsername(String after, Limit limit);

  List<AccountEntity> findByEmailAndEmailVerifiedTrueOrderById(String email, Limit limit);

  List<AccountEntity> findByEmailAndEmailVerifiedFalseOrderById(String email, Limit limit);

  @Query(
      "select new dev.sallyport.auth.account.Memberships$InUse(r, count(a)) from AccountEntity a"
          + " join a.roles r group by r")
  List<Memberships.InUse> rolesInUse(Limit limit);

  @Query(
      "select new dev.sallyport.auth.account.Memberships$InUse(g, count(a)) from AccountEntity a"
          + " join a.groups g group by g")
  List<Memberships.InUse> groupsInUse(Limit limit);

  @Query(
      "select a from AccountEntity a where :name member of a.roles and a.username > :after"
          + " order by a.username")
  List<AccountEntity> withRole(String name, String after, Limit limit);

  @Query(
      "select a from AccountEntity a where :name member of a.groups and a.username > :after"
          + " order by a.username")
  List<AccountEntity> inGroup(String name, String after, Limit limit);

  /** By id. */
  @Query(
      "select new dev.sallyport.auth.account.Memberships$AccountState(a.id, a.version)"
          + " from AccountEntity a join a.groups g where g = :name order by a.id")
  List<Memberships.AccountState> stateOfGroup(String name, Limit limit);

  AccountEntity save(AccountEntity account);

  void flush();
}
