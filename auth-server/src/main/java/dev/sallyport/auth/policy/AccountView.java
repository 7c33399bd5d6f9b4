package dev.sallyport.auth.policy;

import dev.sallyport.auth.account.Account;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Value;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An account as {@code Chat::User}: its roles and groups, and what these are in. */
final class AccountView implements EntityView {

  private final EntityUid uid;
  private final Account account;
  private final Set<EntityUid> ancestors;

  AccountView(Account account, EntitySet managed) {
    this.uid = Names.user(account.id());
    this.account = account;
    this.ancestors = new LinkedHashSet<>();
    account.roles().forEach(role -> addParent(Names.role(role), managed));
    account.groups().forEach(group -> addParent(Names.group(group), managed));
  }

  private void addParent(EntityUid parent, EntitySet managed) {
    ancestors.add(parent);
    @Nullable EntityView known = managed.find(parent);
    if (known != null) {
      known.ancestors().forEach(ancestors::add);
    }
  }

  @Override
  public EntityUid uid() {
    return uid;
  }

  @Override
  public @Nullable Value attribute(String name) {
    @Nullable Object value = account.attributes().get(name);
    return value == null ? null : Names.value(value);
  }

  @Override
  public boolean isIn(EntityUid ancestor) {
    return ancestors.contains(ancestor);
  }

  @Override
  public Iterable<EntityUid> ancestors() {
    return ancestors;
  }
}
