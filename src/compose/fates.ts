/** Says what becomes of the keys that are not taken over. */
import { closest } from "../core/ids.js";
import type { Fate } from "./keys.js";
import type { Telling } from "./reading.js";
import type { MappingTree } from "./tree.js";

/** `path` stands before a key: `services.web`, or nothing for the whole file. */
export function tellFates(
  entries: MappingTree["entries"],
  fates: Readonly<Record<string, Fate>>,
  path: string,
  { notice }: Telling,
): void {
  for (const [key, { at }] of entries) {
    if (key.startsWith("x-")) continue;
    const fate = Object.hasOwn(fates, key) ? fates[key] : undefined;
    const named = path === "" ? key : `${path}.${key}`;
    if (fate === undefined) {
      const meant = closest(key, Object.keys(fates));
      notice(at, `${named} is left out: ${meant === undefined ? "nothing is known of it" : `did you mean ${meant}?`}`);
    } else if ("dropped" in fate) notice(at, `${named} is left out: ${fate.dropped}`);
  }
}

/** Says of each key but the `known` that it is left out. */
export function tellOthers(
  entries: MappingTree["entries"],
  known: readonly string[],
  path: string,
  why: string,
  { notice }: Telling,
): void {
  for (const [key, { at }] of entries) {
    if (!known.includes(key) && !key.startsWith("x-")) notice(at, `${path}.${key} is left out: ${why}`);
  }
}
