package dev.sallyport.auth.federation;

import java.util.List;
import java.util.Optional;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface IdentityRows extends Repository<IdentityEntity, String> {

  Optional<IdentityEntity> findByIdpAndIssuerAndSubject(String idp, String issuer, String subject);

  Optional<IdentityEntity> findByIdAndAccountId(String id, String accountId);

  List<IdentityEntity> findByAccountIdOrderByLinkedAt(String accountId);

  IdentityEntity save(IdentityEntity identity);

  void flush();

  @Modifying
  @Query("delete from IdentityEntity i where i.id = :id and i.accountId = :accountId")
  int delete(String id, String accountId);

  @Modifying(clearAutomatically = true, flushAutomatically = true)
  @Query("delete from IdentityEntity i where i.accountId = :accountId")
  int deleteAll(String accountId);

  @Modifying(clearAutomatically = true, flushAutomatically = true)
  @Query("delete from IdentityEntity i where i.idp = :idp")
  int deleteAllOfProvider(String idp);
}
