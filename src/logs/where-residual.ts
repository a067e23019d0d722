/**
 * What is left of a condition for records that lack some of the fields it names.
 *
 * CEL calls a missing field an error, which `&&` and `||` absorb where the other side decides (CEL specification, "Logical Operators").
 * A record whose condition ends in an error is not shown. Throwing costs more than all the rest of a record's filtering, so what
 * certainly fails is taken out beforehand: `term > 3 || msg == "x"` without `term` is `msg == "x"`, and `term > 3 && …` is never true.
 */

/** A node of a parsed expression: operator and operands as the parser names them. */
export interface Expression {
  readonly op: string;
  readonly args: unknown;
}

/** A field by the keys that lead to it: `path.dir` and `fields["path"].dir` are both `["path", "dir"]`. */
export type FieldPath = readonly string[];

/** What the parser reads as calls that bind a name of their own in their arguments. */
const macros = new Set(["all", "exists", "exists_one", "map", "filter"]);

export function isExpression(value: unknown): value is Expression {
  return typeof value === "object" && value !== null && "op" in value && "args" in value;
}

/** The operands that are expressions themselves, in order. */
export function operands({ op, args }: Expression): readonly Expression[] {
  if (op === "value" || op === "id") return [];
  const flat = Array.isArray(args) ? (args as unknown[]).flat(2) : [args];
  return flat.filter(isExpression);
}

/**
 * The field that the expression is, or undefined where it is something else. `recordKeys` are the names that mean a record's own keys,
 * not a field.
 */
export function fieldPathOf(expression: Expression, recordKeys: ReadonlySet<string>): FieldPath | undefined {
  const chain = chainOf(expression);
  const [root, ...rest] = chain ?? [];
  if (chain === undefined || root === undefined) return undefined;
  if (root === "fields") return rest.length === 0 ? undefined : rest;
  return recordKeys.has(root) ? undefined : chain;
}

/** `a.b["c"]` -> a, b, c. */
function chainOf({ op, args }: Expression): FieldPath | undefined {
  if (op === "id") return [String(args)];
  if (op !== "." && op !== "[]") return undefined;
  const [left, key] = args as readonly [Expression, unknown];
  const before = chainOf(left);
  const name = op === "." ? key : isExpression(key) && key.op === "value" ? key.args : undefined;
  return before === undefined || typeof name !== "string" ? undefined : [...before, name];
}

/**
 * An expression that is true for exactly those records for which `expression` is, as long as `isMissing` holds for them; undefined
 * where that is none of them.
 */
export function residual(expression: Expression, isMissing: (path: Expression) => boolean): Expression | undefined {
  return new Residual(isMissing).deciding(expression, true);
}

class Residual {
  readonly #isMissing: (path: Expression) => boolean;

  constructor(isMissing: (path: Expression) => boolean) {
    this.#isMissing = isMissing;
  }

  /** An expression that is `wanted` for the same records; of the others it is only known that it is not. Undefined: never `wanted`. */
  deciding(expression: Expression, wanted: boolean): Expression | undefined {
    const { op, args } = expression;
    switch (op) {
      case "&&":
      case "||": {
        const [left, right] = (args as readonly [Expression, Expression]).map((one) => this.deciding(one, wanted));
        // `&&` is true, and `||` false, only where both sides are
        const needsBoth = (op === "&&") === wanted;
        if (left !== undefined && right !== undefined) return { op, args: [left, right] };
        return needsBoth ? undefined : (left ?? right);
      }
      case "!_": {
        const inner = this.deciding(args as Expression, !wanted);
        return inner === undefined ? undefined : { op, args: inner };
      }
      case "?:": {
        const [condition, ...branches] = args as readonly [Expression, Expression, Expression];
        if (this.#fails(condition)) return undefined;
        const [yes, no] = branches.map((one) => this.deciding(one, wanted));
        if (yes === undefined && no === undefined) return undefined;
        return { op, args: [condition, yes ?? literal(!wanted), no ?? literal(!wanted)] };
      }
      default: {
        const has = presenceOf(expression);
        if (has !== undefined && this.#isMissing(has)) return wanted ? undefined : literal(false);
        return this.#fails(expression) ? undefined : expression;
      }
    }
  }

  /** True where evaluating it certainly ends in an error. */
  #fails(expression: Expression): boolean {
    const { op, args } = expression;
    if (this.#isMissing(expression)) return true;
    if (presenceOf(expression) !== undefined) return false;
    const inner = operands(expression);
    switch (op) {
      case "&&":
      case "||":
        return inner.every((one) => this.#fails(one));
      case "?:": {
        const [condition, ...branches] = inner;
        return (condition !== undefined && this.#fails(condition)) || branches.every((one) => this.#fails(one));
      }
      case "rcall": {
        const [method, receiver] = args as readonly [string, Expression];
        // `cel.bind(…)`: a name space, no field
        if (receiver.op === "id" && receiver.args === "cel") return false;
        return macros.has(method) ? this.#fails(receiver) : inner.some((one) => this.#fails(one));
      }
      default:
        return inner.some((one) => this.#fails(one));
    }
  }
}

/** What `has(…)` asks about, or undefined where the expression is another. */
function presenceOf({ op, args }: Expression): Expression | undefined {
  if (op !== "call") return undefined;
  const [name, given] = args as readonly [string, readonly Expression[]];
  return name === "has" ? given[0] : undefined;
}

function literal(value: boolean): Expression {
  return { op: "value", args: value };
}
