package dev.sallyport.policy.plan;

import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import org.jspecify.annotations.Nullable;

/** What asks the host: attributes, tags, ancestors; and the same of records. */
final class EntityNodes {
  private EntityNodes() {}

  /** {@code target.name}. */
  static final class GetAttribute extends Node {
    private final Node target;
    private final String name;

    GetAttribute(Node target, String name, At at) {
      super(at);
      this.target = target;
      this.name = name;
    }

    @Override
    @Nullable Value value(Frame frame) {
      Value value = target.value(frame);
      return value == null ? null : attribute(frame, value, name, at);
    }
  }

  static @Nullable Value attribute(Frame frame, Value target, String name, At at) {
    if (target instanceof RecordValue record) {
      Value found = record.get(name);
      return found != null
          ? found
          : frame.fail(ProblemCode.ATTRIBUTE_DOES_NOT_EXIST, at, record, name);
    }
    if (target instanceof EntityUid uid) {
      EntityView entity = frame.entity(uid);
      if (entity == null) {
        return frame.fail(ProblemCode.ENTITY_DOES_NOT_EXIST, at, uid, name);
      }
      Value found = entity.attribute(name);
      return found != null
          ? found
          : frame.fail(ProblemCode.ATTRIBUTE_DOES_NOT_EXIST, at, uid, name);
    }
    return frame.fail(ProblemCode.TYPE_ERROR, at, target, "a record or an entity");
  }

  /** {@code target has a.b.c}. */
  static final class Has extends Node.Test {
    private final Node target;
    private final String[] path;

    Has(Node target, String[] path, At at) {
      super(at);
      this.target = target;
      this.path = path;
    }

    @Override
    int test(Frame frame) {
      Value value = target.value(frame);
      if (value == null) {
        return FAILED;
      }
      for (String name : path) {
        if (value instanceof RecordValue record) {
          value = record.get(name);
        } else if (value instanceof EntityUid uid) {
          EntityView entity = frame.entity(uid);
          value = entity == null ? null : entity.attribute(name);
        } else {
          return LogicNodes.typeError(frame, at, value, "a record or an entity");
        }
        if (value == null) {
          return FALSE;
        }
      }
      return TRUE;
    }
  }

  /** {@code target.hasTag(name)}. */
  static final class HasTag extends Node.Test {
    private final Node target;
    private final Node name;

    HasTag(Node target, Node name, At at) {
      super(at);
      this.target = target;
      this.name = name;
    }

    @Override
    int test(Frame frame) {
      Value entity = target.value(frame);
      Value tag = entity == null ? null : name.value(frame);
      if (entity == null || tag == null) {
        return FAILED;
      }
      if (!(entity instanceof EntityUid uid)) {
        return LogicNodes.typeError(frame, at, entity, "an entity");
      }
      if (!(tag instanceof StringValue(String text))) {
        return LogicNodes.typeError(frame, at, tag, "a string");
      }
      EntityView view = frame.entity(uid);
      return of(view != null && view.tag(text) != null);
    }
  }

  /** {@code target.getTag(name)}. */
  static final class GetTag extends Node {
    private final Node target;
    private final Node name;

    GetTag(Node target, Node name, At at) {
      super(at);
      this.target = target;
      this.name = name;
    }

    @Override
    @Nullable Value value(Frame frame) {
      Value entity = target.value(frame);
      Value tag = entity == null ? null : name.value(frame);
      if (entity == null || tag == null) {
        return null;
      }
      if (!(entity instanceof EntityUid uid)) {
        return frame.fail(ProblemCode.TYPE_ERROR, at, entity, "an entity");
      }
      if (!(tag instanceof StringValue(String text))) {
        return frame.fail(ProblemCode.TYPE_ERROR, at, tag, "a string");
      }
      EntityView view = frame.entity(uid);
      if (view == null) {
        return frame.fail(ProblemCode.ENTITY_DOES_NOT_EXIST, at, uid, text);
      }
      Value found = view.tag(text);
      return found != null ? found : frame.fail(ProblemCode.TAG_DOES_NOT_EXIST, at, uid, text);
    }
  }

  /** {@code target is Type}. */
  static final class Is extends Node.Test {
    private final Node target;
    private final String type;

    Is(Node target, String type, At at) {
      super(at);
      this.target = target;
      this.type = type;
    }

    @Override
    int test(Frame frame) {
      Value value = target.value(frame);
      if (value instanceof EntityUid uid) {
        return of(uid.type().equals(type));
      }
      return LogicNodes.typeError(frame, at, value, "an entity");
    }
  }

  /** {@code left in right}, where the right side is an entity or a set of entities. */
  static final class In extends Node.Test {
    private final Node left;
    private final Node right;

    In(Node left, Node right, At at) {
      super(at);
      this.left = left;
      this.right = right;
    }

    @Override
    int test(Frame frame) {
      Value member = left.value(frame);
      if (member == null) {
        return FAILED;
      }
      Value group = right.value(frame);
      if (group == null) {
        return FAILED;
      }
      if (!(member instanceof EntityUid uid)) {
        return LogicNodes.typeError(frame, at, member, "an entity");
      }
      if (group instanceof EntityUid ancestor) {
        return of(isIn(frame, uid, ancestor));
      }
      if (group instanceof SetValue groups) {
        return isInAny(frame, uid, groups, at);
      }
      return LogicNodes.typeError(frame, at, group, "an entity or a set of entities");
    }
  }

  static boolean isIn(Frame frame, EntityUid uid, EntityUid ancestor) {
    if (uid.equals(ancestor)) {
      return true;
    }
    EntityView view = frame.entity(uid);
    return view != null && view.isIn(ancestor);
  }

  private static int isInAny(Frame frame, EntityUid uid, SetValue groups, At at) {
    // A set with anything but entities in it fails, even if an entity before it would do.
    for (int i = 0; i < groups.size(); i++) {
      if (!(groups.at(i) instanceof EntityUid)) {
        return LogicNodes.typeError(frame, at, groups.at(i), "an entity");
      }
    }
    EntityView view = frame.entity(uid);
    for (int i = 0; i < groups.size(); i++) {
      EntityUid ancestor = (EntityUid) groups.at(i);
      if (uid.equals(ancestor) || (view != null && view.isIn(ancestor))) {
        return Node.TRUE;
      }
    }
    return Node.FALSE;
  }
}
