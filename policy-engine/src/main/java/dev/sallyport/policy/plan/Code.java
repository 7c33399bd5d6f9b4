package dev.sallyport.policy.plan;

import dev.sallyport.policy.entity.Attributes;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.plan.Node.Unit;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.Value;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The method that some rules are being written into, as {@link Node}s see it. Its parameters are
 * those of {@link Rules#any}.
 *
 * <p>Two conventions keep it simple. The operand stack is empty wherever a node begins, ends or
 * jumps: values are left in variables, each assigned once, which cost nothing when the JVM compiles
 * the method. And an attribute that was read is read again from its variable: what is known after a
 * test was written is assigned on every way to both of its outcomes, though not on those to the
 * label of failures; a node that writes an operand which is not always reached takes a {@link
 * #mark} before and {@link #release}s it after.
 */
final class Code {
  static final int PRINCIPAL = 1;
  static final int ACTION = 2;
  static final int RESOURCE = 3;
  static final int CONTEXT = 4;
  static final int ENTITIES = 5;
  static final int PRINCIPAL_VIEW = 6;
  static final int RESOURCE_VIEW = 7;

  private static final ClassValue<ClassDesc> DESCRIPTIONS =
      new ClassValue<>() {
        @Override
        protected ClassDesc computeValue(Class<?> type) {
          return type.describeConstable().orElseThrow();
        }
      };

  static final MethodTypeDesc PARAMETERS =
      type(
          boolean.class,
          EntityUid.class,
          EntityUid.class,
          EntityUid.class,
          RecordValue.class,
          Entities.class,
          EntityView.class,
          EntityView.class);

  private final CodeBuilder out;
  private final Constants constants;
  private final Map<EntityUid, EntityView> actions;
  private final List<Attributes<?>> live;

  /** The variables of what was read, as far as certainly assigned. */
  private Reads known = new Reads(Map.of());

  /** Those of {@link #known} that are assigned however the rules before turned out. */
  private Reads lasting = new Reads(Map.of());

  /** Whether nothing has jumped since the rule began. */
  private boolean straight = true;

  /** The constants of the class: static final fields, which the JVM treats as literals. */
  interface Constants {
    ClassDesc owner();

    /** The name of the field that holds the constant. */
    String field(Object constant, ClassDesc type);
  }

  /** An attribute read of the entity or record in a variable. */
  record Read(int of, String name) {}

  /** What was read, and the variables that hold it. */
  record Reads(Map<Read, Integer> variables) {
    Reads with(Read read, int variable) {
      Map<Read, Integer> more = new HashMap<>(variables);
      more.put(read, variable);
      return new Reads(more);
    }
  }

  /**
   * @param actions the entities of actions, by the schema
   * @param live how attributes of the host's classes are read
   */
  Code(
      CodeBuilder out,
      Constants constants,
      Map<EntityUid, EntityView> actions,
      List<Attributes<?>> live) {
    this.out = out;
    this.live = live;
    this.constants = constants;
    this.actions = actions;
  }

  static ClassDesc desc(Class<?> type) {
    return DESCRIPTIONS.get(type);
  }

  private static MethodTypeDesc type(Class<?> result, Class<?>... parameters) {
    return MethodTypeDesc.of(
        desc(result), Arrays.stream(parameters).map(Code::desc).toArray(ClassDesc[]::new));
  }

  // ------------------------------------------------------------------ ways

  /** Begins the next rule: forgets what is known only if the last one turned out in some way. */
  void beginRule() {
    known = lasting;
    straight = true;
  }

  /** What is assigned however the rules so far turned out. */
  Reads lasting() {
    return lasting;
  }

  /** Begins at a label to which one comes with so much assigned. */
  void beginWith(Reads assigned) {
    lasting = assigned;
  }

  Reads mark() {
    return known;
  }

  void release(Reads mark) {
    known = mark;
  }

  Label label() {
    return out.newLabel();
  }

  void bind(Label label) {
    out.labelBinding(label);
  }

  void jump(Label to) {
    straight = false;
    out.goto_(to);
  }

  /** Jumps if what is on the stack is as the opcode says. */
  void jumpIf(Opcode condition, Label to) {
    straight = false;
    out.branch(condition, to);
  }

  /** Goes by the boolean on the stack. */
  void branch(Label yes, Label no) {
    jumpIf(Opcode.IFNE, yes);
    jump(no);
  }

  /** Goes by the answer of {@link Node#test} on the stack. */
  void answer(Label yes, Label no, Label failed) {
    int answer = out.allocateLocal(TypeKind.INT);
    out.istore(answer);
    out.iload(answer);
    jumpIf(Opcode.IFGT, yes);
    out.iload(answer);
    jumpIf(Opcode.IFEQ, no);
    jump(failed);
  }

  /** Ends the method. */
  void end(boolean answer) {
    out.loadConstant(answer ? 1 : 0);
    out.ireturn();
  }

  // ------------------------------------------------------------------ variables and constants

  int variable() {
    return out.allocateLocal(TypeKind.REFERENCE);
  }

  int numberVariable() {
    return out.allocateLocal(TypeKind.LONG);
  }

  /** Takes a reference off the stack into a new variable. */
  int store() {
    int variable = variable();
    out.astore(variable);
    return variable;
  }

  void store(int variable) {
    out.astore(variable);
  }

  int storeNumber() {
    int variable = numberVariable();
    out.lstore(variable);
    return variable;
  }

  void storeNumber(int variable) {
    out.lstore(variable);
  }

  void load(int variable) {
    out.aload(variable);
  }

  void loadNumber(int variable) {
    out.lload(variable);
  }

  void constant(Object constant, Class<?> type) {
    ClassDesc desc = desc(type);
    out.getstatic(constants.owner(), constants.field(constant, desc), desc);
  }

  void number(long constant) {
    out.loadConstant(constant);
  }

  void integer(int constant) {
    out.loadConstant(constant);
  }

  void booleanValue(boolean value) {
    ClassDesc type = desc(BooleanValue.class);
    out.getstatic(type, value ? "TRUE" : "FALSE", type);
  }

  // ------------------------------------------------------------------ values

  /** The variables of all the nodes' values. */
  int[] values(Node[] nodes, Label failed) {
    int[] variables = new int[nodes.length];
    for (int i = 0; i < nodes.length; i++) {
      variables[i] = nodes[i].writeValue(this, failed);
    }
    return variables;
  }

  /** Leaves an array of the variables on the stack. */
  void array(int[] variables, Class<?> type) {
    out.loadConstant(variables.length);
    out.anewarray(desc(type));
    for (int i = 0; i < variables.length; i++) {
      out.dup();
      out.loadConstant(i);
      out.aload(variables[i]);
      out.aastore();
    }
  }

  /** The same reference in a variable of that type, if it is of that type. */
  int typed(int variable, Class<?> type, Label otherwise) {
    if (variable <= CONTEXT
        && type == (variable == CONTEXT ? RecordValue.class : EntityUid.class)) {
      return variable;
    }
    out.aload(variable);
    out.instanceOf(desc(type));
    jumpIf(Opcode.IFEQ, otherwise);
    out.aload(variable);
    out.checkcast(desc(type));
    return store();
  }

  void cast(Class<?> type) {
    out.checkcast(desc(type));
  }

  void instanceOf(Class<?> type) {
    out.instanceOf(desc(type));
  }

  /** The variable of the number that the value in a variable of the unit's type holds. */
  int number(int variable, Unit unit) {
    out.aload(variable);
    callOn(unit.type(), unit.accessor(), long.class);
    return storeNumber();
  }

  /** A new value that holds a number, in a variable. */
  int valueOf(int number, Unit unit) {
    out.new_(desc(unit.type()));
    out.dup();
    out.lload(number);
    out.invokespecial(desc(unit.type()), ConstantDescs.INIT_NAME, type(void.class, long.class));
    return store();
  }

  /** An operation on what is on the stack, such as {@code LADD}. */
  void compute(Opcode operation) {
    out.with(OperatorInstruction.of(operation));
  }

  /** Calls a static method. */
  void call(Class<?> owner, String name, Class<?> result, Class<?>... parameters) {
    out.invokestatic(desc(owner), name, type(result, parameters));
  }

  /** Calls a method of what lies on the stack below its arguments. */
  void callOn(Class<?> owner, String name, Class<?> result, Class<?>... parameters) {
    if (owner.isInterface()) {
      out.invokeinterface(desc(owner), name, type(result, parameters));
    } else {
      out.invokevirtual(desc(owner), name, type(result, parameters));
    }
  }

  // ------------------------------------------------------------------ entities

  /** The variable of an attribute of what is in a variable; null if there is none. */
  int attribute(int of, String name) {
    Read read = new Read(of, name);
    Integer before = known.variables().get(read);
    if (before != null) {
      return before;
    }
    int found =
        switch (of) {
          case PRINCIPAL -> attributeOfView(PRINCIPAL_VIEW, name);
          case RESOURCE -> attributeOfView(RESOURCE_VIEW, name);
          case CONTEXT -> {
            load(CONTEXT);
            constant(name, String.class);
            callOn(RecordValue.class, "get", Value.class, String.class);
            yield store();
          }
          default -> attributeOfValue(of, name);
        };
    known = known.with(read, found);
    if (straight) {
      lasting = lasting.with(read, found);
    }
    return found;
  }

  // The jumps in the next two are within a reading: all ways go on behind it.

  private int attributeOfView(int view, String name) {
    int found = variable();
    Label absent = label();
    Label end = label();
    load(view);
    out.branch(Opcode.IFNULL, absent);
    for (Attributes<?> attributes : live) {
      Attributes.Reader<?> reader = attributes.reader(name);
      if (reader != null) {
        Label other = label();
        load(view);
        callOn(Object.class, "getClass", Class.class);
        constant(attributes.type(), Class.class);
        out.branch(Opcode.IF_ACMPNE, other);
        constant(reader, Attributes.Reader.class);
        load(view);
        callOn(Attributes.Reader.class, "read", Value.class, EntityView.class);
        store(found);
        out.goto_(end);
        bind(other);
      }
    }
    load(view);
    constant(name, String.class);
    callOn(EntityView.class, "attribute", Value.class, String.class);
    store(found);
    out.goto_(end);
    bind(absent);
    out.aconst_null();
    store(found);
    bind(end);
    return found;
  }

  private int attributeOfValue(int value, String name) {
    int found = variable();
    Label entity = label();
    Label end = label();
    load(value);
    instanceOf(RecordValue.class);
    out.branch(Opcode.IFEQ, entity);
    load(value);
    cast(RecordValue.class);
    constant(name, String.class);
    callOn(RecordValue.class, "get", Value.class, String.class);
    store(found);
    out.goto_(end);
    bind(entity);
    load(value);
    constant(name, String.class);
    loadHost();
    call(
        Lookup.class,
        "attribute",
        Value.class,
        Value.class,
        String.class,
        EntityUid.class,
        EntityView.class,
        EntityUid.class,
        EntityView.class,
        Entities.class,
        Map.class);
    store(found);
    bind(end);
    return found;
  }

  /** The variable of the view of the entity of that uid; null if there is none. */
  int view(int uid) {
    if (uid == PRINCIPAL || uid == RESOURCE) {
      return uid == PRINCIPAL ? PRINCIPAL_VIEW : RESOURCE_VIEW;
    }
    load(uid);
    loadHost();
    call(
        Lookup.class,
        "entity",
        EntityView.class,
        EntityUid.class,
        EntityUid.class,
        EntityView.class,
        EntityUid.class,
        EntityView.class,
        Entities.class,
        Map.class);
    return store();
  }

  private void loadHost() {
    load(PRINCIPAL);
    load(PRINCIPAL_VIEW);
    load(RESOURCE);
    load(RESOURCE_VIEW);
    load(ENTITIES);
    constant(actions, Map.class);
  }

  /** Goes to {@code yes} if the one entity is, or is in, the other; else on. */
  void isIn(int uid, int ancestor, Label yes) {
    load(ancestor);
    load(uid);
    callOn(EntityUid.class, "equals", boolean.class, Object.class);
    jumpIf(Opcode.IFNE, yes);
    int view = view(uid);
    Label no = label();
    load(view);
    jumpIf(Opcode.IFNULL, no);
    load(view);
    load(ancestor);
    callOn(EntityView.class, "isIn", boolean.class, EntityUid.class);
    jumpIf(Opcode.IFNE, yes);
    bind(no);
  }
}
