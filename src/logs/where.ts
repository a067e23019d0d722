import type { ASTNode } from "@marcbachmann/cel-js";
import { DeviousError, messageOf } from "../core/errors.js";
import { levels, type Level, type LogRecord } from "../core/log-record.js";
import { type Expression, type FieldPath, fieldPathOf, isExpression, operands, residual } from "./where-residual.js";

/** True for the records that a `--where` lets through. */
export type Where = (record: LogRecord) => boolean;

/** Record keys that a condition can name; every other name is a field. */
const recordKeys = ["ts", "cluster", "service", "node", "stream", "level", "event", "msg"] as const;

/** The number that `level` is in comparisons: conditions are rewritten to it, so that levels compare by severity. */
const levelRank = "__level";

const reserved: ReadonlySet<string> = new Set([...recordKeys, "seq", "flags", "fields", levelRank]);

/** Fields beyond these are not looked for beforehand: a record without one is then found out by an error, at its cost. */
const maxPaths = 30;

/**
 * Compiles a condition in the Common Expression Language, e.g. `term > 3 && peer == "n2"`. It may name a record's keys (`node`, `msg`),
 * its `fields`, and every field by itself. Levels compare by severity (`level >= "warn"`), numbers by value whatever their type. What
 * names a field that a record lacks is not true for it; `has(fields.term)` asks whether it is there.
 *
 * Throws DeviousError (USAGE) with the place of the mistake. The evaluator is loaded by the first call only.
 */
export async function compileWhere(text: string): Promise<Where> {
  const { Environment, serialize } = await import("@marcbachmann/cel-js");
  const environment = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false });
  for (const key of recordKeys) environment.registerVariable(key, "string");
  environment
    .registerVariable("seq", "dyn")
    .registerVariable(levelRank, "dyn")
    .registerVariable("flags", "list<string>")
    .registerVariable("fields", "map<string, dyn>");
  // JSON has one kind of number, so what is written as `2` must do arithmetic with it
  for (const [operator, act] of Object.entries(arithmetic)) {
    for (const types of [`double ${operator} int`, `int ${operator} double`]) {
      environment.registerOperator(`${types}: double`, (a: number | bigint, b: number | bigint) => act(Number(a), Number(b)));
    }
  }
  // brings `!=` and the other order with it
  environment.registerOperator("double == int", same);
  const parse = (source: string): ReturnType<typeof environment.parse> => environment.parse(source);

  const parsed = checked(text, () => parse(text));
  const { valid, type, error } = parsed.check();
  if (!valid) throw wrong(text, error);
  if (type !== "bool" && type !== "dyn")
    throw wrong(text, { summary: `it is a ${type ?? "value"}, which is neither true nor false` });

  const whole = rewritten(parsed.ast, text);
  const paths = pathsIn(whole);
  const names = namesIn(whole);
  const print = (expression: Expression): string => serialize(expression as ASTNode);
  const keyOf = (expression: Expression): string | undefined => JSON.stringify(fieldPathOf(expression, reserved));
  const bits = new Map(paths.map((path, at) => [JSON.stringify(path), 1 << at]));

  /** Set of missing fields, as bits -> what is left to evaluate; null: never true. */
  const leftOf = new Map<number, ((context: object) => unknown) | null>();
  const compile = (missing: number): ((context: object) => unknown) | null => {
    const left = residual(whole, (expression) => (missing & (bits.get(keyOf(expression) ?? "") ?? 0)) !== 0);
    return left === undefined ? null : parse(print(left));
  };

  return (record) => {
    let missing = 0;
    for (let at = 0; at < paths.length; at++) {
      if (!holds(record.fields, paths[at] as FieldPath)) missing |= 1 << at;
    }
    let left = leftOf.get(missing);
    if (left === undefined) leftOf.set(missing, (left = compile(missing)));
    if (left === null) return false;
    try {
      return left(contextOf(record, names)) === true;
    } catch {
      // what cannot be told of this record, a comparison of a text with a number for one, is not true of it
      return false;
    }
  };
}

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
};

function same(a: number | bigint, b: number | bigint): boolean {
  return Number(a) === Number(b);
}

function checked<T>(text: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw wrong(text, error);
  }
}

/** One sentence, and the place under the text. `error` is one of the library's, which carry `summary` and `range`. */
function wrong(text: string, error: unknown): DeviousError {
  const { summary = messageOf(error), range } = (error ?? {}) as { summary?: string; range?: { start: number } };
  const line = text.replace(/\s/g, " ");
  return new DeviousError("USAGE", `--where is no condition: ${summary}`, {
    details: range === undefined ? [line] : [line, `${" ".repeat(range.start)}^`],
    hint: `Write for example 'term > 3 && peer == "n2"', 'level >= "warn"' or 'msg.contains("lost")'.`,
  });
}

const comparisons = new Set(["==", "!=", "<", "<=", ">", ">="]);

/** The same condition with levels as numbers, and with doubles that the library would not print exactly as calls that read them. */
function rewritten(node: ASTNode, text: string): Expression {
  const rewrite = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rewrite);
    if (!isExpression(value)) return value;
    const { op, args } = value;
    if (op === "value") return typeof args === "number" && !/^-?\d+\.?\d{0,9}$/.test(String(args)) ? doubleOf(args) : value;
    if (!comparisons.has(op)) return { op, args: rewrite(args) };
    const sides = args as readonly [ASTNode, ASTNode];
    return sides.some(isLevelName) ? { op, args: sides.map((side) => rankOf(side, text)) } : { op, args: rewrite(args) };
  };
  return rewrite(node) as Expression;
}

function isLevelName({ op, args }: Expression): boolean {
  return op === "id" && args === "level";
}

function rankOf(side: ASTNode, text: string): Expression {
  if (isLevelName(side)) return { op: "id", args: levelRank };
  const rank = side.op === "value" ? levels.indexOf(side.args as Level) : -1;
  if (rank === -1) throw wrong(text, { summary: `a level is one of ${levels.join(", ")}`, range: side.range });
  return { op: "value", args: rank };
}

function doubleOf(value: number): Expression {
  return { op: "call", args: ["double", [{ op: "value", args: String(value) }]] };
}

/** Every field that the condition names, each once. What a macro binds is among them and never missing where it matters. */
function pathsIn(whole: Expression): readonly FieldPath[] {
  const found = new Map<string, FieldPath>();
  const visit = (expression: Expression): void => {
    const path = fieldPathOf(expression, reserved);
    if (path === undefined) operands(expression).forEach(visit);
    else found.set(JSON.stringify(path), path);
  };
  visit(whole);
  return [...found.values()].slice(0, maxPaths);
}

function namesIn(whole: Expression): readonly string[] {
  const names = new Set<string>();
  const visit = (expression: Expression): void => {
    if (expression.op === "id") names.add(String(expression.args));
    operands(expression).forEach(visit);
  };
  visit(whole);
  return [...names];
}

function holds(fields: LogRecord["fields"], path: FieldPath): boolean {
  let value: unknown = fields;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return false;
    value = (value as Record<string, unknown>)[key];
  }
  return value !== undefined;
}

/** What the names mean for this record; a name that means nothing is left out. */
function contextOf(record: LogRecord, names: readonly string[]): object {
  const context: Record<string, unknown> = {};
  for (const name of names) {
    if (name === levelRank) context[name] = levels.indexOf(record.level);
    else if (name === "flags") context[name] = record.flags ?? [];
    else if (reserved.has(name)) context[name] = record[name as keyof LogRecord];
    else if (Object.hasOwn(record.fields, name)) context[name] = record.fields[name];
  }
  return context;
}
