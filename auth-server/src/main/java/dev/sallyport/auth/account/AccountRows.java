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

  AccountEntity save(AccountEntity account);

  void flush();
}
