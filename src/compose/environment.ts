/** Mappings of texts that may also be lists of `KEY=value`: environment, build args, labels. */
import { escapeTemplates } from "../spec/templates.js";
import { keptTextAt, isNothing, listAt, textAt } from "./reading.js";
import type { Reading } from "./reading.js";
import type { Place, Tree } from "./tree.js";

interface Pair {
  readonly key: string;
  /** Undefined: the value is that of the variable of this name. */
  readonly value: string | undefined;
  readonly at: Place;
}

/** `read` gives the text of a value, or of a whole `KEY=value`. */
function pairsAt(
  tree: Tree,
  what: string,
  reading: Reading,
  read: (tree: Tree, what: string) => string | undefined,
): readonly Pair[] {
  if (tree.kind === "mapping") {
    return [...tree.entries].map(([key, { value, at }]) => ({
      key,
      value: isNothing(value) ? undefined : (read(value, `${what}.${key}`) ?? ""),
      at,
    }));
  }
  return listAt(tree, what, reading).flatMap((item): readonly Pair[] => {
    const text = read(item, what);
    if (text === undefined) return [];
    const cut = text.indexOf("=");
    return [{ key: cut === -1 ? text : text.slice(0, cut), value: cut === -1 ? undefined : text.slice(cut + 1), at: item.at }];
  });
}

/** Variables whose values `devious up` fills in; with `templates` they may have templates, so that braces in them are escaped. */
export function variablesAt(
  tree: Tree,
  what: string,
  reading: Reading,
  { templates }: { readonly templates: boolean },
): Readonly<Record<string, string>> | undefined {
  const escape = templates ? escapeTemplates : undefined;
  const pairs = pairsAt(tree, what, reading, (one, named) => keptTextAt(one, named, reading, escape));
  const values = pairs.flatMap(({ key, value, at }): readonly (readonly [string, string])[] => {
    if (!/^[^=\s]+$/.test(key)) {
      reading.telling.problem(at, `${what}: ${JSON.stringify(key)} is no variable's name`);
      return [];
    }
    return [[key, value ?? ownValue(key, at, what, reading)]];
  });
  return values.length === 0 ? undefined : Object.fromEntries(values);
}

/** What is said without a value has that of the environment, and is not there where that has none. */
function ownValue(key: string, at: Place, what: string, { environment, telling }: Reading): string {
  if (!/^[A-Za-z_]\w*$/.test(key)) {
    telling.notice(at, `${what}.${key} has the value of no variable that a spec could name, so it is empty`);
    return "";
  }
  if (environment[key] === undefined) {
    telling.notice(at, `${what}.${key} must be set for \`devious up\`, where compose leaves out what is not set`);
  }
  return `\${${key}}`;
}

export function labelsAt(tree: Tree, what: string, reading: Reading): Readonly<Record<string, string>> | undefined {
  const pairs = pairsAt(tree, what, reading, (one, named) => textAt(one, named, reading));
  const labels = pairs.flatMap(({ key, value, at }): readonly (readonly [string, string])[] => {
    if (key !== "" && !/^(?:devious(?:\.|$)|com\.docker\.compose\.)/i.test(key)) return [[key, escapeTemplates(value ?? "")]];
    reading.telling.notice(at, `${what}.${key} is left out: whose name begins so is devious's or compose's own`);
    return [];
  });
  return labels.length === 0 ? undefined : Object.fromEntries(labels);
}
