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
 *     return any0(principal, …) || any1(principal, …);
 *   }
 *
 *   private static boolean any0(EntityUid principal, …) {
 *     // forbid (principal, action, resource) when { resource.archived };
 *     Value v7 = resourceView == null ? null : resourceView.attribute(c0);
 *     if (v7 == null) { return true; } // fails, where that counts
 *     if (v7 == BooleanValue.TRUE) { return true; }
 *     …
 *     return false;
 *   }
 * }
 * }</pre>
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
  private final boolean failureCounts;
  private final List<Attributes<?>> live;
  private final Pool pool = new Pool();

  private Compiler(
      Map<EntityUid, EntityView> actions, boolean failureCounts, List<Attributes<?>> live) {
    this.actions = actions;
    this.live = live;
    this.failureCounts = failureCounts;
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
    Compiler compiler = new Compiler(actions, failureCounts, live);
    byte[] bytes;
    try {
      bytes = compiler.write(rules);
    } catch (IllegalArgumentException tooLarge) {
      // A limit of the class file format: code, constants or variables.
      bytes = null;
    }
    if (bytes == null || !fits(bytes)) {
      return new Rules.Interpreted(rules.toArray(Rule[]::new), failureCounts, actions);
    }
    try {
      MethodHandles.Lookup written =
          LOOKUP.defineHiddenClassWithClassData(bytes, compiler.pool.constants, true);
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

  private byte[] write(List<Rule> rules) {
    return FORMAT.build(
        SELF,
        type -> {
          type.withSuperclass(Code.desc(Rules.class));
          type.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER);
          type.withMethodBody(ConstantDescs.INIT_NAME, CONSTRUCTOR, 0, Compiler::constructor);
          int methods = 0;
          int from = 0;
          int size = 0;
          for (int i = 0; i < rules.size(); i++) {
            size += rules.get(i).size();
            if (i > from && size > METHOD_SIZE_MAX) {
              method(type, methods++, rules.subList(from, i));
              from = i;
              size = rules.get(i).size();
            }
          }
          method(type, methods++, rules.subList(from, rules.size()));
          int count = methods;
          type.withMethodBody("any", Code.PARAMETERS, 0, code -> any(code, count));
          constants(type);
        });
  }

  private static void constructor(CodeBuilder code) {
    code.aload(0);
    code.invokespecial(Code.desc(Rules.class), ConstantDescs.INIT_NAME, CONSTRUCTOR);
    code.return_();
  }

  private static void any(CodeBuilder code, int methods) {
    Label yes = code.newLabel();
    for (int method = 0; method < methods; method++) {
      for (int parameter = 1; parameter <= Code.PARAMETERS.parameterCount(); parameter++) {
        code.aload(parameter);
      }
      code.invokestatic(SELF, "any" + method, Code.PARAMETERS);
      code.branch(Opcode.IFNE, yes);
    }
    code.iconst_0();
    code.ireturn();
    code.labelBinding(yes);
    code.iconst_1();
    code.ireturn();
  }

  private void method(ClassBuilder type, int number, List<Rule> rules) {
    type.withMethodBody(
        "any" + number,
        Code.PARAMETERS,
        ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC,
        out -> {
          Code code = new Code(out, pool, actions, live);
          Label satisfied = code.label();
          for (Rule rule : rules) {
            Label next = code.label();
            code.beginRule();
            rule.write(code, satisfied, next, failureCounts ? satisfied : next);
            code.bind(next);
          }
          code.end(false);
          code.bind(satisfied);
          code.end(true);
        });
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
