/** YAML as a tree whose parts know where they are written, with anchors and merges (`<<`) in place: what compose makes of a file. */
import { LineCounter, isAlias, isCollection, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Document, Node, Pair } from "yaml";
import type { Problem } from "../spec/places.js";

/** Line and column, from 1. */
export type Place = Omit<Problem, "message">;

export type Tree = ScalarTree | ListTree | MappingTree;

export interface ScalarTree {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** As it is written; of what is in quotes, what is in them. */
  readonly source: string;
  readonly at: Place;
}

export interface ListTree {
  readonly kind: "list";
  readonly items: readonly Tree[];
  readonly at: Place;
}

export interface MappingTree {
  readonly kind: "mapping";
  readonly entries: ReadonlyMap<string, Entry>;
  readonly at: Place;
}

export interface Entry {
  readonly value: Tree;
  /** Of its key. */
  readonly at: Place;
}

export interface ReadTree {
  readonly tree: Tree;
  /** What is no mistake and has no meaning either, such as a tag that nobody knows. */
  readonly warnings: readonly Problem[];
}

/** Aliases may repeat one another: what they make together is bounded, as in any reader of YAML. */
const partsMax = 100_000;

/** Parses YAML, or says everything that keeps it from being YAML. */
export function readTree(text: string): ReadTree | { readonly problems: readonly Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: isSameKey });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const placed = ({ pos, message }: { readonly pos: [number, number]; readonly message: string }): Problem => ({
    ...place(pos[0]),
    message,
  });
  if (document.errors.length > 0) return { problems: document.errors.map(placed) };
  const { tree, problems } = grow(document, place);
  return problems.length > 0 ? { problems } : { tree, warnings: document.warnings.map(placed) };
}

/** Several merges in one mapping are fine. */
function isSameKey(a: unknown, b: unknown): boolean {
  return isScalar(a) && isScalar(b) && a.value === b.value && a.value !== "<<";
}

function grow(document: Document, place: (offset: number) => Place): { tree: Tree; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  /** The nodes around the one at hand: an alias to one of them would have no end. */
  const around = new Set<Node>();
  let parts = 0;

  const placeOf = (node: unknown, otherwise: Place): Place => {
    const range = (node as Node | null)?.range;
    return range ? place(range[0]) : otherwise;
  };
  const nothing = (at: Place): ScalarTree => ({ kind: "scalar", value: null, source: "", at });
  const refuse = (at: Place, message: string): ScalarTree => {
    problems.push({ ...at, message });
    return nothing(at);
  };

  const treeOf = (node: unknown, otherwise: Place): Tree => {
    const at = placeOf(node, otherwise);
    parts += 1;
    if (parts === partsMax + 1) return refuse(at, `has more than ${partsMax} parts once its aliases are filled in`);
    if (parts > partsMax) return nothing(at);
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target === undefined) return refuse(at, `there is no anchor &${node.source} above`);
      return around.has(target) ? refuse(at, `*${node.source} is inside what it stands for`) : treeOf(target, at);
    }
    if (isScalar(node)) return { kind: "scalar", value: plain(node.value), source: node.source ?? String(node.value), at };
    if (!isCollection(node)) return nothing(at);
    around.add(node);
    const tree = isSeq(node) ? listOf(node.items, at) : mappingOf(isMap(node) ? node.items : [], at);
    around.delete(node);
    return tree;
  };

  const listOf = (items: readonly unknown[], at: Place): ListTree => ({
    kind: "list",
    items: items.map((item) => treeOf(item, at)),
    at,
  });

  const mappingOf = (pairs: readonly Pair[], at: Place): MappingTree => {
    const own = new Map<string, Entry>();
    const merged: Entry[] = [];
    for (const { key, value } of pairs) {
      const keyAt = placeOf(key, at);
      if (isCollection(key)) refuse(keyAt, "a key must be text");
      const entry = { value: treeOf(value, keyAt), at: keyAt };
      const name = isScalar(key) ? String(key.value) : "";
      if (name === "<<") merged.push(entry);
      else own.set(name, entry);
    }
    // what is said here wins, then what is merged first
    for (const source of merged.flatMap(({ value }) => (value.kind === "list" ? value.items : [value]))) {
      if (source.kind !== "mapping") {
        refuse(source.at, "<<: only a mapping can be merged");
        continue;
      }
      for (const [name, entry] of source.entries) if (!own.has(name)) own.set(name, entry);
    }
    return { kind: "mapping", entries: own, at };
  };

  const tree = treeOf(document.contents, { line: 1, column: 1 });
  return { tree, problems };
}

/** What is none of YAML's core becomes text. */
function plain(value: unknown): ScalarTree["value"] {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean" || value === null) return value;
  return JSON.stringify(value) ?? null;
}
