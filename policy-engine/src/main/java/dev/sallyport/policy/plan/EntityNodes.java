package dev.sallyport.policy.plan;

import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What asks the host: attributes, tags, ancestors; and the same of records. */
final class EntityNodes {
  private EntityNodes() {}

  /** {@code target.name}. */
  static final class GetAttribute extends Node {
    private final Node target;
    private final String name;

    GetAttribute(Node target, String name) {
      this.target = target;
      this.name = name;
    }

    String name() {
      return name;
    }

    boolean isOfContext() {
      return target instanceof LogicNodes.Context;
    }

    @Override
    ValueIndex.@Nullable Read read() {
      return switch (target) {
        case LogicNodes.Principal _ -> new ValueIndex.Read(Code.PRINCIPAL, name);
        case LogicNodes.Resource _ -> new ValueIndex.Read(Code.RESOURCE, name);
        case LogicNodes.Context _ -> new ValueIndex.Read(Code.CONTEXT, name);
        default -> null;
      };
    }

    @Override
    @Nullable Value value(Frame frame) {
      Value value = target.value(frame);
      return value == null ? null : attribute(frame, value, name);
    }

    @Override
    int writeValue(Code code, Label failed) {
      int found = code.attribute(target.writeValue(code, failed), name);
      code.load(found);
      code.jumpIf(Opcode.IFNULL, failed);
      return found;
    }
  }

  /** {@code context.outer.inner}. */
  static final class ContextPath extends Node {
    private final String outer;
    private final String inner;

    ContextPath(String outer, String inner) {
      this.outer = outer;
      this.inner = inner;
    }

    @Override
    @Nullable Value value(Frame frame) {
      Value target = frame.context.get(outer);
      return target == null ? null : attribute(frame, target, inner);
    }

    @Override
    int writeValue(Code code, Label failed) {
      int target = code.attribute(Code.CONTEXT, outer);
      code.load(target);
      code.jumpIf(Opcode.IFNULL, failed);
      int found = code.attribute(target, inner);
      code.load(found);
      code.jumpIf(Opcode.IFNULL, failed);
      return found;
    }
  }

  static @Nullable Value attribute(Frame frame, Value target, String name) {
    if (target instanceof RecordValue record) {
      return record.get(name);
    }
    EntityView entity = target instanceof EntityUid uid ? frame.entity(uid) : null;
    return entity == null ? null : entity.attribute(name);
  }

  /** {@code target has a.b.c}. */
  static final class Has extends Node.Test {
    private final Node target;
    private final String[] path;

    Has(Node target, String[] path) {
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
          return FAILED;
        }
        if (value == null) {
          return FALSE;
        }
      }
      return TRUE;
    }

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      Code.Reads mark = null;
      int value = target.writeValue(code, failed);
      for (String name : path) {
        code.load(value);
        code.call(EntityNodes.class, "hasAttributes", boolean.class, Value.class);
        code.jumpIf(Opcode.IFEQ, failed);
        value = code.attribute(value, name);
        code.load(value);
        code.jumpIf(Opcode.IFNULL, no);
        if (mark == null) {
          mark = code.mark();
        }
      }
      code.release(Objects.requireNonNull(mark));
      code.jump(yes);
    }
  }

  /** {@code target.hasTag(name)}. */
  static final class HasTag extends Node.Test {
    private final Node target;
    private final Node name;

    HasTag(Node target, Node name) {
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
        return FAILED;
      }
      if (!(tag instanceof StringValue(String text))) {
        return FAILED;
      }
      EntityView view = frame.entity(uid);
      return of(view != null && view.tag(text) != null);
    }

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      int entity = target.writeValue(code, failed);
      int tag = name.writeValue(code, failed);
      int view = writeTagged(code, entity, tag, failed);
      code.load(view);
      code.jumpIf(Opcode.IFNULL, no);
      writeTag(code, view, tag);
      code.jumpIf(Opcode.IFNONNULL, yes);
      code.jump(no);
    }
  }

  /** {@code target.getTag(name)}. */
  static final class GetTag extends Node {
    private final Node target;
    private final Node name;

    GetTag(Node target, Node name) {
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
        return null;
      }
      if (!(tag instanceof StringValue(String text))) {
        return null;
      }
      EntityView view = frame.entity(uid);
      if (view == null) {
        return null;
      }
      Value found = view.tag(text);
      return found;
    }

    @Override
    int writeValue(Code code, Label failed) {
      int entity = target.writeValue(code, failed);
      int tag = name.writeValue(code, failed);
      int view = writeTagged(code, entity, tag, failed);
      code.load(view);
      code.jumpIf(Opcode.IFNULL, failed);
      writeTag(code, view, tag);
      int found = code.store();
      code.load(found);
      code.jumpIf(Opcode.IFNULL, failed);
      return found;
    }
  }

  /** {@code target is Type}. */
  static final class Is extends Node.Test {
    private final Node target;
    private final String type;

    Is(Node target, String type) {
      this.target = target;
      this.type = type;
    }

    Node target() {
      return target;
    }

    String type() {
      return type;
    }

    @Override
    int test(Frame frame) {
      Value value = target.value(frame);
      if (value instanceof EntityUid uid) {
        return of(uid.type().equals(type));
      }
      return FAILED;
    }

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      code.load(code.typed(target.writeValue(code, failed), EntityUid.class, failed));
      code.callOn(EntityUid.class, "type", String.class);
      code.constant(type, String.class);
      code.callOn(String.class, "equals", boolean.class, Object.class);
      code.branch(yes, no);
    }
  }

  /** {@code left in right}, where the right side is an entity or a set of entities. */
  static final class In extends Node.Test {
    private final Node left;
    private final Node right;

    In(Node left, Node right) {
      this.left = left;
      this.right = right;
    }

    Node left() {
      return left;
    }

    Node right() {
      return right;
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
        return FAILED;
      }
      if (group instanceof EntityUid ancestor) {
        return of(isIn(frame, uid, ancestor));
      }
      if (group instanceof SetValue groups) {
        return isInAny(frame, uid, groups);
      }
      return FAILED;
    }

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      int uid = code.typed(left.writeValue(code, failed), EntityUid.class, failed);
      int group = right.writeValue(code, failed);
      Label set = code.label();
      int ancestor = code.typed(group, EntityUid.class, set);
      code.isIn(uid, ancestor, yes);
      code.jump(no);
      code.bind(set);
      int groups = code.typed(group, SetValue.class, failed);
      code.load(uid);
      code.load(code.view(uid));
      code.load(groups);
      code.call(
          EntityNodes.class,
          "isInAny",
          int.class,
          EntityUid.class,
          EntityView.class,
          SetValue.class);
      code.answer(yes, no, failed);
    }
  }

  /** {@code left in [a, b]}, where the set is not known beforehand, without building it. */
  static final class InAnyOf extends Node.Test {
    private final Node left;
    private final Node[] groups;

    InAnyOf(Node left, Node[] groups) {
      this.left = left;
      this.groups = groups;
    }

    @Override
    int test(Frame frame) {
      Value member = left.value(frame);
      boolean found = false;
      // Every element is evaluated, since any of them may fail.
      for (Node group : groups) {
        if (!(group.value(frame) instanceof EntityUid ancestor)) {
          return FAILED;
        }
        found = found || (member instanceof EntityUid uid && isIn(frame, uid, ancestor));
      }
      return member instanceof EntityUid ? of(found) : FAILED;
    }

    @Override
    void write(Code code, Label yes, Label no, Label failed) {
      int uid = code.typed(left.writeValue(code, failed), EntityUid.class, failed);
      int[] ancestors = new int[groups.length];
      for (int i = 0; i < groups.length; i++) {
        ancestors[i] = code.typed(groups[i].writeValue(code, failed), EntityUid.class, failed);
      }
      for (int ancestor : ancestors) {
        code.isIn(uid, ancestor, yes);
      }
      code.jump(no);
    }
  }

  static boolean isIn(Frame frame, EntityUid uid, EntityUid ancestor) {
    if (uid.equals(ancestor)) {
      return true;
    }
    EntityView view = frame.entity(uid);
    return view != null && view.isIn(ancestor);
  }

  static boolean hasAttributes(Value value) {
    return value instanceof RecordValue || value instanceof EntityUid;
  }

  /** Leaves the view of the tagged entity in a variable, null if there is none. */
  private static int writeTagged(Code code, int entity, int tag, Label failed) {
    int uid = code.typed(entity, EntityUid.class, failed);
    code.load(tag);
    code.instanceOf(StringValue.class);
    code.jumpIf(Opcode.IFEQ, failed);
    return code.view(uid);
  }

  /** Leaves the tag on the stack, or null. */
  private static void writeTag(Code code, int view, int tag) {
    code.load(view);
    code.load(tag);
    code.cast(StringValue.class);
    code.callOn(StringValue.class, "value", String.class);
    code.callOn(EntityView.class, "tag", Value.class, String.class);
  }

  private static int isInAny(Frame frame, EntityUid uid, SetValue groups) {
    return isInAny(uid, frame.entity(uid), groups);
  }

  static int isInAny(EntityUid uid, @Nullable EntityView view, SetValue groups) {
    // A set with anything but entities in it fails, even if an entity before it would do.
    for (int i = 0; i < groups.size(); i++) {
      if (!(groups.at(i) instanceof EntityUid)) {
        return Node.FAILED;
      }
    }
    for (int i = 0; i < groups.size(); i++) {
      EntityUid ancestor = (EntityUid) groups.at(i);
      if (uid.equals(ancestor) || (view != null && view.isIn(ancestor))) {
        return Node.TRUE;
      }
    }
    return Node.FALSE;
  }
}
