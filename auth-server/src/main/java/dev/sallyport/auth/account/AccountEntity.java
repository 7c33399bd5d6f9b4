package dev.sallyport.auth.account;

import jakarta.persistence.CollectionTable;
import jakarta.persistence.Column;
import jakarta.persistence.Convert;
import jakarta.persistence.ElementCollection;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;

/** The row behind an {@link Account}. */
@Entity
@Table(name = "account")
class AccountEntity {

  @Id String id;
  String username;
  String displayName;
  @Nullable String email;
  boolean emailVerified;
  boolean suspended;
  @Nullable Instant closedAt;
  Instant createdAt;
  @Version long version;

  @Convert(converter = AttributesColumn.class)
  Map<String, Object> attributes;

  @ElementCollection(fetch = FetchType.EAGER)
  @CollectionTable(name = "account_role", joinColumns = @JoinColumn(name = "account_id"))
  @Column(name = "role_name")
  Set<String> roles = new HashSet<>();

  @ElementCollection(fetch = FetchType.EAGER)
  @CollectionTable(name = "account_group", joinColumns = @JoinColumn(name = "account_id"))
  @Column(name = "group_name")
  Set<String> groups = new HashSet<>();

  /** For JPA. */
  @NullUnmarked
  AccountEntity() {}

  AccountEntity(String id, NewAccount account, Instant createdAt) {
    this.id = id;
    this.username = AccountForm.canonical(account.username());
    this.displayName = account.displayName().strip();
    this.email = AccountForm.canonicalEmail(account.email());
    this.attributes = Map.copyOf(account.attributes());
    this.roles.addAll(account.roles());
    this.groups.addAll(account.groups());
    this.createdAt = createdAt;
  }

  Account toAccount() {
    return new Account(
        id,
        username,
        displayName,
        email,
        emailVerified,
        roles,
        groups,
        attributes,
        suspended,
        closedAt != null,
        createdAt,
        version);
  }
}
