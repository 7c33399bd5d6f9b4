package dev.sallyport.auth.policy;

import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Value;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What something is done to. Accounts are in the directory; nothing else here has a parent. */
record ResourceView(EntityUid uid, Inquiry.Resource resource) implements EntityView {

  ResourceView(Inquiry.Resource resource) {
    this(Names.uid(resource.type(), resource.id()), resource);
  }

  @Override
  public @Nullable Value attribute(String name) {
    @Nullable Object value = resource.attributes().get(name);
    return value == null ? null : Names.value(value);
  }

  @Override
  public boolean isIn(EntityUid ancestor) {
    return ancestors().contains(ancestor);
  }

  @Override
  public Set<EntityUid> ancestors() {
    return resource.type().equals("Account") ? Set.of(Names.DIRECTORY) : Set.of();
  }
}
