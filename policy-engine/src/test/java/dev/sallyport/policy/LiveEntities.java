package dev.sallyport.policy;

import dev.sallyport.policy.entity.Attributes;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.entity.UidSet;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Entities as a host has them that tells how it reads their attributes: two classes of it, of which
 * the second leaves most of its attributes to {@link EntityView#attribute}, and a third that tells
 * nothing.
 */
final class LiveEntities implements Entities {
  static final List<Attributes<?>> ATTRIBUTES = List.of(Person.ATTRIBUTES, Document.ATTRIBUTES);

  private final Entities rest;
  private final Map<EntityUid, EntityView> made = new HashMap<>();

  LiveEntities(Entities rest) {
    this.rest = rest;
  }

  @Override
  public @Nullable EntityView find(EntityUid uid) {
    return made.computeIfAbsent(
        uid,
        _ -> {
          EntityView view = rest.find(uid);
          return view == null
              ? null
              : switch (uid.type()) {
                case "User" -> new Person(view);
                case "Doc" -> new Document(view);
                default -> view;
              };
        });
  }

  private abstract static class Live implements EntityView {
    final EntityView view;
    private final UidSet ancestors;

    Live(EntityView view) {
      this.view = view;
      List<EntityUid> all = new ArrayList<>();
      view.ancestors().forEach(all::add);
      this.ancestors = UidSet.of(all);
    }

    @Override
    public EntityUid uid() {
      return view.uid();
    }

    @Override
    public @Nullable Value tag(String name) {
      return view.tag(name);
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

  private static final class Person extends Live {
    static final Attributes<Person> ATTRIBUTES =
        Attributes.of(Person.class)
            .with("name", person -> person.view.attribute("name"))
            .with("age", person -> person.view.attribute("age"))
            .with("manager", person -> person.view.attribute("manager"))
            .with("ip", person -> person.view.attribute("ip"))
            .with("shift", person -> person.view.attribute("shift"));

    Person(EntityView view) {
      super(view);
    }

    @Override
    public @Nullable Value attribute(String name) {
      return ATTRIBUTES.reader(name) == null ? view.attribute(name) : ATTRIBUTES.read(this, name);
    }
  }

  private static final class Document extends Live {
    static final Attributes<Document> ATTRIBUTES =
        Attributes.of(Document.class).with("owner", document -> document.view.attribute("owner"));

    Document(EntityView view) {
      super(view);
    }

    @Override
    public @Nullable Value attribute(String name) {
      return view.attribute(name);
    }
  }
}
