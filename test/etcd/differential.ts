/** Sends the same operations to two stores and compares what they answer. */
import { isDeepStrictEqual } from "node:util";
import { createPrng } from "../../src/core/prng.js";
import { generate } from "./generate.js";
import type { Abilities } from "./generate.js";
import { generateAuth } from "./generate-auth.js";
import { mask } from "./masks.js";
import type { Answer } from "./masks.js";
import { bodyText, inWords, isList, isObject, tokenOf } from "./operation.js";
import type { Json, Operation, Run } from "./operation.js";
import { shrinkOperations } from "./shrink.js";

/** A store's JSON gateway. */
export interface Endpoint {
  readonly name: string;
  readonly post: (path: string, body: string, token?: string) => Promise<Answer>;
}

export type Pair = readonly [reference: Endpoint, store: Endpoint];

export interface Difference {
  /** The last one is the one that was answered differently. */
  readonly operations: readonly Operation[];
  /** Of both stores, masked. */
  readonly answers: readonly [Json, Json];
}

/** All keys, asked for after every run: what was written and never read is compared as well. */
const wholeState: Operation = { path: "/v3/kv/range", body: { key: "\0", range_end: "\0" }, spelling: "snake", as: "root" };

/** Runs `operations` on both, each starting from nothing, up to the first that is answered differently. */
async function firstDifference(pair: Pair, operations: readonly Operation[]): Promise<Difference | undefined> {
  const runs = await Promise.all(
    pair.map(async (store): Promise<Run> => ({ base: await clear(store), drawnLeases: [], tokens: new Map() })),
  );
  const all = [...operations, wholeState];
  for (const [at, operation] of all.entries()) {
    const answers = await Promise.all(
      pair.map(async ({ post }, side) => {
        const run = runs[side] as Run;
        return mask(operation, await post(operation.path, bodyText(operation, run), tokenOf(operation, run)), run);
      }),
    );
    if (!isDeepStrictEqual(answers[0], answers[1]))
      return { operations: all.slice(0, at + 1), answers: [answers[0] as Json, answers[1] as Json] };
  }
  return undefined;
}

/**
 * Ends all leases, deletes all keys, and resolves to the revision after that. It is what makes hundreds of attempts at a shorter case cheap: no
 * store has to be started anew, since operations count revisions from here.
 */
export async function clear({ name, post }: Endpoint): Promise<number> {
  await clearUsers(post);
  const leases = (await post("/v3/lease/leases", "{}")).body;
  for (const lease of isObject(leases) && isList(leases["leases"]) ? leases["leases"] : [])
    if (isObject(lease)) await post("/v3/lease/revoke", JSON.stringify(lease));
  const everyKey = JSON.stringify({ key: "AA==", range_end: "AA==" });
  await post("/v3/kv/deleterange", everyKey);
  const { status, body } = await post("/v3/kv/range", everyKey);
  const header = isObject(body) ? body["header"] : undefined;
  if (status !== 200 || !isObject(header) || !isObject(body) || "kvs" in body)
    throw new Error(`${name} cannot be emptied: ${status} ${JSON.stringify(body)}`);
  return Number(header["revision"]);
}

/** Turns auth off, by root, and removes who and what there is. */
async function clearUsers(post: Endpoint["post"]): Promise<void> {
  // in a case that was made shorter, root's password may have been left out
  for (const password of ["root", ""]) {
    const { body } = await post("/v3/auth/authenticate", JSON.stringify({ name: "root", password }));
    const token = isObject(body) ? body["token"] : undefined;
    if (typeof token === "string") await post("/v3/auth/disable", "{}", token);
  }
  for (const [kind, listed, named] of [
    ["user", "users", "name"],
    ["role", "roles", "role"],
  ] as const) {
    const list = (await post(`/v3/auth/${kind}/list`, "{}")).body;
    for (const each of isObject(list) && isList(list[listed]) ? list[listed] : [])
      await post(`/v3/auth/${kind}/delete`, JSON.stringify({ [named]: each }));
  }
}

/** A run from a seed; where the stores differ, the shortest case found. */
export async function differential(pair: Pair, { seed, count, abilities }: Generated): Promise<Difference | undefined> {
  return shortest(pair, generate(createPrng(seed), count, abilities));
}

/**
 * As {@link differential}, of stores with a leader each, which a busy machine may cost them: what differs once and not again was no difference
 * of the stores.
 */
export async function lastingDifference(pair: Pair, { seed, count, abilities }: Generated): Promise<Difference | undefined> {
  const operations = generate(createPrng(seed), count, abilities);
  if ((await firstDifference(pair, operations)) === undefined) return undefined;
  return shortest(pair, operations);
}

interface Generated {
  readonly seed: number;
  readonly count: number;
  readonly abilities: Abilities;
}

/** As {@link differential}, with users and roles, and auth turned on. */
export async function authDifferential(
  pair: Pair,
  { seed, count }: { seed: number; count: number },
): Promise<Difference | undefined> {
  return shortest(pair, generateAuth(createPrng(seed), count));
}

async function shortest(pair: Pair, operations: readonly Operation[]): Promise<Difference | undefined> {
  const found = await firstDifference(pair, operations);
  if (found === undefined) return undefined;
  const short = await shrinkOperations(found.operations, async (fewer) => {
    const difference = await firstDifference(pair, fewer);
    return difference !== undefined && kindOf(difference) === kindOf(found);
  });
  return (await firstDifference(pair, short)) ?? found;
}

/** Shrinking must not end at another difference than the one it began with, only because that one is shorter. */
function kindOf({ operations, answers }: Difference): string {
  const outcome = (answer: Json): Json => {
    const { status, body } = isObject(answer) ? answer : { status: null, body: null };
    return [status ?? null, JSON.stringify((isObject(body) ? body["error"] : null) ?? null).replace(/\d+/g, "n")];
  };
  return JSON.stringify([operations.at(-1)?.path ?? null, ...answers.map(outcome)]);
}

/** A difference as a test fails with it. */
export function explain([reference, store]: Pair, seed: number, { operations, answers }: Difference): string {
  const steps = operations.map((operation, at) => `  ${at + 1}. ${inWords(operation)}`);
  return [
    `seed ${seed}: ${store.name} answers the last of these otherwise than ${reference.name}`,
    ...steps,
    ...[reference, store].map(({ name }, side) => `${name}: ${JSON.stringify(answers[side])}`),
  ].join("\n");
}
