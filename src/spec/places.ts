/** YAML whose values know where they stand in the text, so that whatever is wrong can be shown at its place. */
import { type Document, LineCounter, isMap, isNode, isScalar, isSeq, parseDocument, visit } from "yaml";

/** One thing wrong with a text, at its place (line and column from 1). */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

type Place = Omit<Problem, "message">;

/** A path into the text's value: keys of mappings, positions in lists. */
export type Path = readonly PropertyKey[];

export interface Placed {
  /** The text as plain JavaScript values; undefined for an empty one. */
  readonly value: unknown;
  /** Where the value (or its key) at `path` stands; for a path that is not there, the closest thing around it. */
  readonly placeOf: (path: Path, part?: "key" | "value") => Place;
}

/** Parses YAML, or says everything that keeps it from being YAML. */
export function readPlaced(text: string): Placed | { readonly problems: readonly Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, logLevel: "error" });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const errors = [
    ...document.errors.map(({ pos, message }) => ({ at: pos[0], message: withoutText(message) })),
    ...strayAliases(document),
  ];
  if (errors.length > 0) return { problems: errors.map(({ at, message }) => ({ ...place(at), message })) };
  const placeOf: Placed["placeOf"] = (path, part = "value") => {
    for (let depth = path.length; depth > 0; depth--) {
      const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
      const last = path[depth - 1];
      if (isSeq(parent)) {
        const item = parent.items[Number(last)];
        if (isNode(item) && item.range) return place(item.range[0]);
      }
      if (!isMap(parent)) continue;
      const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
      if (pair === undefined) continue;
      const whole = depth === path.length || isScalar(pair.value);
      const node = part === "value" && whole && isNode(pair.value) ? pair.value : pair.key;
      if (isNode(node) && node.range) return place(node.range[0]);
    }
    return { line: 1, column: 1 };
  };
  try {
    return { value: document.toJS() as unknown, placeOf };
  } catch (error) {
    // aliases of aliases of aliases, which would fill all memory
    if (!(error instanceof ReferenceError)) throw error;
    return { problems: [{ line: 1, column: 1, message: "has too many aliases (*) of anchors (&) with aliases in them" }] };
  }
}

/** Some messages quote what stands there, which may be a secret. */
function withoutText(message: string): string {
  return message.replace(/(token in YAML stream|Not a YAML token|extra characters): .*$/s, "$1");
}

/** Aliases of nothing, which the parser only finds when it is too late to say where they stand. */
function strayAliases(document: Document): readonly { readonly at: number; readonly message: string }[] {
  const found: { at: number; message: string }[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return;
      const message =
        "a word that begins with * is an alias in YAML, and nothing before it has an anchor (&) of that name: write a text in quotes";
      found.push({ at: alias.range?.[0] ?? 0, message });
    },
  });
  return found;
}

/** In the order of the text. */
export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}
