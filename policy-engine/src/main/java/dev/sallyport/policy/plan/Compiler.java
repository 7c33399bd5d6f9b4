package dev.sallyport.policy.plan;

import dev.sallyport.policy.entity.Attributes;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Rules to a hidden class of their own, which goes when the plan goes. What a walk over nodes
 * spends on finding out what comes next is gone, and every question to the host has a call site of
 * its own: where the host's entities are of one class each, the JVM inlines their attributes, and
 * the rules become what one would have written by hand.
 *
 * <p>The class looks like this, in Java:
 *
 * <pre>{@code
 * final class Compiled extends Rules {
 *   static final String c0 = "archived"; // and so on: what the rules compare with
 *
 *   boolean any(EntityUid principal, …) {
 *     // permit (principal, action, resource) when { resource.open };
 *     Value v8 = resourceView == null ? null : resourceView.attribute(c0);
 *     if (v8 == BooleanValue.TRUE) { goto satisfied; } // there or not: a permit that fails is none
 *     …
 *     return false;
 *   satisfied:
 *     // forbid (principal, action, resource) when { resource.archived };
 *     Value v9 = resourceView == null ? null : resourceView.attribute(c1);
 *     if (v9 == null) { return false; } // fails, where that counts
 *     if (v9 == BooleanValue.TRUE) { return false; }
 *     …
 *     return true;
 *   }
 * }
 * }</pre>
 *
 * <p>Where that would be too much for one method, it calls {@code any0}, {@code any1} and so on for
 * the first half, {@code unless0} and so on for the second.
 */
final class Compiler {
  /** The parts of the expressions in one class; where there are more, nodes will do. */
  static final int SIZE_MAX = 4_000;

  /** The parts of the expressions in one rule; larger ones stay nodes. */
  static final int RULE_SIZE_MAX = 200;

  /** The parts of the expressions in one method, so that the JVM compiles it well. */
  private static final int METHOD_SIZE_MAX = 200;

  /** The JVM leaves larger methods to its interpreter. */
  private static final int METHOD_BYTES_MAX = 8_000;

  private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

  private static final ClassFile FORMAT =
      ClassFile.of(
          ClassHierarchyResolverOption.of(
              ClassHierarchyResolver.ofClassLoading(LOOKUP)
                  .orElse(ClassHierarchyResolver.defaultResolver())
                  .cached(ConcurrentHashMap::new)));

  private static final ClassDesc SELF =
      ClassDesc.of(Compiler.class.getPackageName(), "CompiledRules");
  private static final MethodTypeDesc CONSTRUCTOR = MethodTypeDesc.of(ConstantDescs.CD_void);
  private static final ClassDesc LIST = Code.desc(List.class);

  private final Map<EntityUid, EntityView> actions;
  private final List<Attributes<?>> live;
  private final Pool pool = new Pool();

  /**
   * Rules that are asked together.
   *
   * @param failureCounts whether a rule that fails counts as satisfied
   */
  private record Asked(List<Rule> rules, boolean failureCounts) {
    int size() {
      return rules.stream().mapToInt(Rule::size).sum();
    }
  }

  private Compiler(Map<EntityUid, EntityView> actions, List<Attributes<?>> live) {
    this.actions = actions;
    this.live = live;
  }

  /**
   * Rules that would make too large a class or method stay nodes.
   *
   * @param rules all of a size within {@link #RULE_SIZE_MAX}
   * @param failureCounts whether a rule that fails counts as satisfied
   * @param actions the entities of actions, by the schema
   * @param live how attributes of the host's classes are read
   */
  static Rules compile(
      List<Rule> rules,
      boolean failureCounts,
      Map<EntityUid, EntityView> actions,
      List<Attributes<?>> live) {
    Rules compiled =
        new Compiler(actions, live)
            .compile(new Asked(rules, failureCounts), new Asked(List.of(), false));
    return compiled != null
        ? compiled
        : new Rules.Interpreted(rules.toArray(Rule[]::new), failureCounts, actions);
  }

  /**
   * Permits and forbids together: whether any of the first is satisfied and none of the others.
   * Null if that makes too large a class or method.
   *
   * @param permits at least one; these and the forbids of a size within {@link #RULE_SIZE_MAX}
   * @param failureCounts whether a forbid that fails counts as satisfied
   */
  static @Nullable Rules decision(
      List<Rule> permits,
      List<Rule> forbids,
      boolean failureCounts,
      Map<EntityUid, EntityView> actions,
      List<Attributes<?>> live) {
    return new Compiler(actions, live)
        .compile(new Asked(permits, false), new Asked(forbids, failureCounts));
  }

  private @Nullable Rules compile(Asked rules, Asked unless) {
    byte[] bytes;
    try {
      bytes = write(rules, unless);
    } catch (IllegalArgumentException tooLarge) {
      // A limit of the class file format: code, constants or variables.
      return null;
    }
    if (!fits(bytes)) {
      return null;
    }
    try {
      MethodHandles.Lookup written =
          LOOKUP.defineHiddenClassWithClassData(bytes, pool.constants, true);
      return (Rules)
          written
              .findConstructor(written.lookupClass(), MethodType.methodType(void.class))
              .invoke();
    } catch (Throwable e) {
      throw new IllegalStateException("the class of some rules does not load", e);
    }
  }

  private static boolean fits(byte[] bytes) {
    for (MethodModel method : FORMAT.parse(bytes).methods()) {
      if (method.code().orElse(null) instanceof CodeAttribute code
          && code.codeLength() > METHOD_BYTES_MAX) {
        return false;
      }
    }
    return true;
  }

  private static final class Pool implements Code.Constants {
    final List<Object> constants = new ArrayList<>();
    final List<ClassDesc> types = new ArrayList<>();
    private final IdentityHashMap<Object, String> fields = new IdentityHashMap<>();

    @Override
    public ClassDesc owner() {
      return SELF;
    }

    @Override
    public String field(Object constant, ClassDesc type) {
      return fields.computeIfAbsent(
          constant,
          c -> {
            constants.add(c);
            types.add(type);
            return "c" + (constants.size() - 1);
          });
    }
  }

  private byte[] write(Asked rules, Asked unless) {
    return FORMAT.build(
        SELF,
        type -> {
          type.withSuperclass(Code.desc(Rules.class));
          type.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER);
          type.withMethodBody(ConstantDescs.INIT_NAME, CONSTRUCTOR, 0, Compiler::constructor);
          if (rules.size() + unless.size() <= METHOD_SIZE_MAX) {
            type.withMethodBody("any", Code.PARAMETERS, 0, out -> whole(out, rules, unless));
          } else {
            int methods = methods(type, "any", rules);
            int others = methods(type, "unless", unless);
            type.withMethodBody("any", Code.PARAMETERS, 0, out -> calls(out, methods, others));
          }
          constants(type);
        });
  }

  private static void constructor(CodeBuilder code) {
    code.aload(0);
    code.invokespecial(Code.desc(Rules.class), ConstantDescs.INIT_NAME, CONSTRUCTOR);
    code.return_();
  }

  /** All in one method, so that what is read is read once. */
  private void whole(CodeBuilder out, Asked rules, Asked unless) {
    Code code = new Code(out, pool, actions, live);
    Label satisfied = code.label();
    Code.Reads assigned = ask(code, rules, satisfied);
    code.end(false);
    code.bind(satisfied);
    code.beginWith(assigned);
    Label refused = code.label();
    ask(code, unless, refused);
    code.end(true);
    if (!unless.rules().isEmpty()) {
      code.bind(refused);
      code.end(false);
    }
  }

  /**
   * Goes to the label if any rule is satisfied, else on. Returns what is certainly assigned at the
   * label: no more than by the first rule, which may be the satisfied one.
   */
  private static Code.Reads ask(Code code, Asked asked, Label satisfied) {
    Code.Reads assigned = null;
    for (Rule rule : asked.rules()) {
      Label next = code.label();
      code.beginRule();
      rule.write(code, satisfied, next, asked.failureCounts() ? satisfied : next);
      code.bind(next);
      if (assigned == null) {
        assigned = code.lasting();
      }
    }
    return assigned == null ? code.lasting() : assigned;
  }

  /** Writes methods {@code name0}, {@code name1} and so on; returns how many. */
  private int methods(ClassBuilder type, String name, Asked asked) {
    List<Rule> rules = asked.rules();
    int methods = 0;
    int from = 0;
    int size = 0;
    for (int i = 0; i < rules.size(); i++) {
      size += rules.get(i).size();
      if (i > from && size > METHOD_SIZE_MAX) {
        method(type, name + methods++, new Asked(rules.subList(from, i), asked.failureCounts()));
        from = i;
        size = rules.get(i).size();
      }
    }
    if (!rules.isEmpty()) {
      List<Rule> last = rules.subList(from, rules.size());
      method(type, name + methods++, new Asked(last, asked.failureCounts()));
    }
    return methods;
  }

  private void method(ClassBuilder type, String name, Asked asked) {
    type.withMethodBody(
        name,
        Code.PARAMETERS,
        ClassFile.ACC_PRIVATE,
        out -> {
          Code code = new Code(out, pool, actions, live);
          Label satisfied = code.label();
          ask(code, asked, satisfied);
          code.end(false);
          code.bind(satisfied);
          code.end(true);
        });
  }

  /** Calls the methods that were written. */
  private static void calls(CodeBuilder code, int methods, int others) {
    Label satisfied = code.newLabel();
    calls(code, "any", methods, satisfied);
    code.iconst_0();
    code.ireturn();
    code.labelBinding(satisfied);
    Label refused = code.newLabel();
    calls(code, "unless", others, refused);
    code.iconst_1();
    code.ireturn();
    if (others > 0) {
      code.labelBinding(refused);
      code.iconst_0();
      code.ireturn();
    }
  }

  private static void calls(CodeBuilder code, String name, int methods, Label satisfied) {
    for (int method = 0; method < methods; method++) {
      for (int parameter = 0; parameter <= Code.PARAMETERS.parameterCount(); parameter++) {
        code.aload(parameter);
      }
      code.invokespecial(SELF, name + method, Code.PARAMETERS);
      code.branch(Opcode.IFNE, satisfied);
    }
  }

  /** The fields, and what fills them from the class data. */
  private void constants(ClassBuilder type) {
    for (int i = 0; i < pool.types.size(); i++) {
      type.withField(
          "c" + i,
          pool.types.get(i),
          ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_FINAL);
    }
    type.withMethodBody(
        ConstantDescs.CLASS_INIT_NAME,
        CONSTRUCTOR,
        ClassFile.ACC_STATIC,
        code -> {
          ClassDesc handles = Code.desc(MethodHandles.class);
          ClassDesc lookup = Code.desc(MethodHandles.Lookup.class);
          code.invokestatic(handles, "lookup", MethodTypeDesc.of(lookup));
          code.ldc(ConstantDescs.DEFAULT_NAME);
          code.ldc(LIST);
          code.invokestatic(
              handles,
              "classData",
              MethodTypeDesc.of(
                  ConstantDescs.CD_Object,
                  lookup,
                  ConstantDescs.CD_String,
                  ConstantDescs.CD_Class));
          code.checkcast(LIST);
          code.astore(0);
          for (int i = 0; i < pool.types.size(); i++) {
            code.aload(0);
            code.loadConstant(i);
            code.invokeinterface(
                LIST, "get", MethodTypeDesc.of(ConstantDescs.CD_Object, ConstantDescs.CD_int));
            code.checkcast(pool.types.get(i));
            code.putstatic(SELF, "c" + i, pool.types.get(i));
          }
          code.return_();
        });
  }
}
