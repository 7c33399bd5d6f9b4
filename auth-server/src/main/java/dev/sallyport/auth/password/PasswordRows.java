package dev.sallyport.auth.password;

import java.util.Optional;
import org.springframework.data.repository.Repository;

interface PasswordRows extends Repository<PasswordEntity, String> {

  Optional<PasswordEntity> findById(String accountId);

  PasswordEntity save(PasswordEntity password);
}
