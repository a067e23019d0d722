/** What reads a compose file part by part: what it says of the file, and values of the kinds that many keys have. */
import type { Problem } from "../spec/places.js";
import type { ListTree, MappingTree, Place, Tree } from "./tree.js";
import { fillIn, keepVariables } from "./variables.js";
import type { Surroundings, VariableRemark } from "./variables.js";

/** Everything there is to say of a file, each at its place. */
export interface Telling {
  /** The file is wrong, so nothing is written. */
  readonly problem: (at: Place, message: string) => void;
  /** Something is not taken over, or with another meaning. */
  readonly notice: (at: Place, message: string) => void;
  /** What holds for many places is said of the first. */
  readonly once: (at: Place, message: string) => void;
}

export interface Told {
  readonly problems: readonly Problem[];
  readonly notices: readonly Problem[];
}

export function listen(): { readonly telling: Telling; readonly told: Told } {
  const problems: Problem[] = [];
  const notices: Problem[] = [];
  const said = new Set<string>();
  /** What is merged into several services is one place, of which everything is said once. */
  const add = (to: Problem[], problem: Problem): void => {
    const key = `${problem.line}:${problem.column} ${problem.message}`;
    if (said.has(key)) return;
    said.add(key);
    to.push(problem);
  };
  const telling: Telling = {
    problem: (at, message) => add(problems, { ...at, message }),
    notice: (at, message) => add(notices, { ...at, message }),
    once: (at, message) => {
      if (said.has(message)) return;
      said.add(message);
      add(notices, { ...at, message });
    },
  };
  return { telling, told: { problems, notices } };
}

export interface Reading extends Surroundings {
  readonly telling: Telling;
  /** From the spec's folder to the compose file's: "" where they are the same, else such as `deploy` or `../app`. */
  readonly base: string;
  /** Ports of this machine that services before have taken. */
  readonly hostPorts: Set<number>;
}

/** "a list", for "must be …". */
function kindOf(tree: Tree): string {
  if (tree.kind === "list") return "a list";
  if (tree.kind === "mapping") return "a mapping";
  return tree.value === null ? "nothing" : JSON.stringify(tree.value);
}

export function isNothing(tree: Tree | undefined): boolean {
  return tree === undefined || (tree.kind === "scalar" && tree.value === null);
}

/** The entries of a mapping, none where there is nothing. */
export function mappingAt(tree: Tree, what: string, { telling }: Reading): MappingTree["entries"] {
  if (tree.kind === "mapping") return tree.entries;
  if (!isNothing(tree)) telling.problem(tree.at, `${what} must be a mapping, not ${kindOf(tree)}`);
  return new Map();
}

/** The items of a list, none where there is nothing. */
export function listAt(tree: Tree, what: string, { telling }: Reading): ListTree["items"] {
  if (tree.kind === "list") return tree.items;
  if (!isNothing(tree)) telling.problem(tree.at, `${what} must be a list, not ${kindOf(tree)}`);
  return [];
}

/** One, or a list of them. */
export function oneOrMore(tree: Tree, what: string, reading: Reading): ListTree["items"] {
  return tree.kind === "scalar" && tree.value !== null ? [tree] : listAt(tree, what, reading);
}

/** A value as compose hands it on, before its variables are filled in: `010` is eight to it, `1.10` is 1.1. */
function rawText(tree: Tree, what: string, { telling }: Reading): string | undefined {
  if (tree.kind !== "scalar" || tree.value === null) {
    telling.problem(tree.at, `${what} must be text, not ${kindOf(tree)}`);
    return undefined;
  }
  if (typeof tree.value !== "number") return String(tree.value);
  if (/^0[0-7]+$/.test(tree.source)) return String(Number.parseInt(tree.source, 8));
  return /^[1-9]\d*$/.test(tree.source) ? tree.source : String(tree.value);
}

/** Text with its variables filled in as they are now, and a notice where there were any. */
export function textAt(tree: Tree, what: string, reading: Reading): string | undefined {
  const raw = rawText(tree, what, reading);
  if (raw === undefined) return undefined;
  const { text, remarks } = fillIn(raw, reading);
  tell(tree, what, remarks, reading);
  return text;
}

/** Text whose variables `devious up` fills in; `escape` as in {@link keepVariables}. */
export function keptTextAt(
  tree: Tree,
  what: string,
  reading: Reading,
  escape: (text: string) => string = (text) => text,
): string | undefined {
  const raw = rawText(tree, what, reading);
  if (raw === undefined) return undefined;
  const { text, remarks } = keepVariables(raw, reading, escape);
  tell(tree, what, remarks, reading);
  return text;
}

function tell(tree: Tree, what: string, remarks: readonly VariableRemark[], { telling }: Reading): void {
  for (const { kind, message } of remarks) {
    if (kind === "problem") telling.problem(tree.at, `${what}: ${message}`);
    else if (kind === "here") telling.notice(tree.at, message);
    else telling.once(tree.at, message);
  }
}

export function textsAt(tree: Tree, what: string, reading: Reading): readonly string[] {
  return listAt(tree, what, reading).flatMap((item) => textAt(item, what, reading) ?? []);
}

/** Undefined where it is no number, which is then told. */
export function numberAt(tree: Tree, what: string, reading: Reading): number | undefined {
  const text = textAt(tree, what, reading);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number)) return number;
  reading.telling.problem(tree.at, `${what} must be a number, not ${JSON.stringify(text)}`);
  return undefined;
}

/** True and false, and the texts that stand for them. */
export function switchAt(tree: Tree, what: string, reading: Reading): boolean {
  const text = isNothing(tree) ? "false" : (textAt(tree, what, reading) ?? "false").toLowerCase();
  if (["true", "yes", "on"].includes(text)) return true;
  if (!["false", "no", "off"].includes(text)) {
    reading.telling.problem(tree.at, `${what} must be true or false, not ${JSON.stringify(text)}`);
  }
  return false;
}

/** A path of this machine, for a spec in its folder. */
export function pathFrom(path: string, { base }: Reading): string {
  if (path.startsWith("/") || base === "") return path;
  const inner = path.replace(/^(?:\.\/)+/, "").replace(/^\.$/, "");
  const joined = inner === "" ? base : `${base}/${inner}`;
  return joined.startsWith("../") || joined === ".." ? joined : `./${joined}`;
}
