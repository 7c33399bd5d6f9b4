package dev.sallyport.auth.password;

import java.util.Optional;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface PasswordRows extends Repository<PasswordEntity, String> {

  Optional<PasswordEntity> findById(String accountId);

  @Modifying(clearAutomatically = true, flushAutomatically = true)
  @Query("delete from PasswordEntity p where p.accountId = :accountId")
  int remove(String accountId);

  PasswordEntity save(PasswordEntity password);
}
