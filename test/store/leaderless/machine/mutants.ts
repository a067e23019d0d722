import type { Prng } from "../../../../src/core/prng.js";

const pieces: readonly unknown[] = [
  0,
  1,
  -1,
  0.5,
  2 ** 31,
  2 ** 52,
  2 ** 53,
  NaN,
  Infinity,
  "",
  "n1",
  "\0\0",
  "\xff".repeat(70_000),
  "constructor",
  "__proto__",
];
const others: readonly unknown[] = [null, true, false, [], {}, [[]], 7n, new Uint8Array(0)];

/** A copy of a plain value in which one thing is another: a number, a text, some bytes, a field or an element. */
export function mutated(value: unknown, prng: Prng): unknown {
  const copy = structuredClone(value);
  const spots = spotsIn({ value: copy });
  const { holder, name } = prng.pick(spots);
  holder[name] = changed(holder[name], prng, () => {
    const other = prng.pick(spots);
    return other.holder[other.name];
  });
  return spots[0]?.holder["value"];
}

/** Some bytes with one of them another, one less, or some more. */
export function mutatedBytes(bytes: Uint8Array, prng: Prng): Uint8Array {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return Buffer.from([prng.int(0, 255)]);
  const at = prng.int(0, copy.length - 1);
  switch (prng.int(0, 3)) {
    case 0:
      copy[at] = (copy[at] as number) ^ (1 << prng.int(0, 7));
      return copy;
    case 1:
      copy[at] = prng.pick([0, 1, 127, 128, 255]);
      return copy;
    case 2:
      return copy.subarray(0, at);
    default:
      return Buffer.concat([copy.subarray(0, at), Buffer.from([prng.int(0, 255)]), copy.subarray(at)]);
  }
}

interface Spot {
  readonly holder: Record<string, unknown>;
  readonly name: string;
}

function spotsIn(root: Record<string, unknown>): Spot[] {
  const spots: Spot[] = [];
  const visit = (holder: Record<string, unknown>): void => {
    for (const name of Object.keys(holder)) {
      const value = holder[name];
      spots.push({ holder, name });
      if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) visit(value as Record<string, unknown>);
    }
  };
  visit(root);
  return spots;
}

function changed(value: unknown, prng: Prng, another: () => unknown): unknown {
  if (prng.chance(0.05)) return undefined;
  if (prng.chance(0.05)) return prng.pick(others);
  if (prng.chance(0.1)) return prng.pick(pieces);
  if (prng.chance(0.2)) return another();
  if (value instanceof Uint8Array) return mutatedBytes(value, prng);
  if (typeof value === "number") return prng.pick([value + 1, value - 1, 0, 1, 2 ** 52, prng.int(0, 100)]);
  if (typeof value === "string") return value.slice(0, prng.int(0, value.length)) + prng.pick(["", "\0", "\xff", "a"]);
  if (typeof value === "boolean") return !value;
  if (Array.isArray(value)) return prng.chance(0.5) ? value.slice(prng.int(0, value.length)) : [...value, ...value];
  return prng.pick(others);
}
