package dev.sallyport.auth.policy;

import dev.sallyport.auth.account.Account;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Value;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What something is done to: with the groups and roles that it is in, where it is in any. */
record ResourceView(EntityUid uid, Inquiry.Resource resource, Set<EntityUid> ancestors)
    implements EntityView {

  /**
   * @param account the one that it is about, where it is about one that exists
   */
  static ResourceView of(Inquiry.Resource resource, @Nullable Account account, EntitySet managed) {
    EntityUid uid = Names.uid(resource.type(), resource.id());
    Set<EntityUid> ancestors = new LinkedHashSet<>();
    switch (resource.type()) {
      case Inquiry.Resource.ACCOUNT -> {
        ancestors.add(Names.DIRECTORY);
        if (account != null) {
          new AccountView(account, managed).ancestors().forEach(ancestors::add);
        }
      }
      case Inquiry.Resource.ROLE, Inquiry.Resource.GROUP -> {
        @Nullable EntityView known = managed.find(uid);
        if (known != null) {
          known.ancestors().forEach(ancestors::add);
        }
      }
      default -> {}
    }
    return new ResourceView(uid, resource, ancestors);
  }

  @Override
  public @Nullable Value attribute(String name) {
    @Nullable Object value = resource.attributes().get(name);
    return value == null ? null : Names.value(value);
  }

  @Override
  public boolean isIn(EntityUid ancestor) {
    return ancestors.contains(ancestor);
  }
}
