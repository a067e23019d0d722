/** Makes a failing case short: whole halves of it first, then smaller and smaller parts, then what is inside the operations left. */
import { isList, isObject, isRevision } from "./operation.js";
import type { Json, JsonObject, Operation } from "./operation.js";

/**
 * Leaves out parts of a list as long as it still fails, from halves down to single items (Zeller's ddmin, complements only).
 * @param fails resolves to true where the case still shows the failure; asked at most `attemptsMax` times
 */
export async function shrinkList<T>(
  items: readonly T[],
  fails: (fewer: readonly T[]) => Promise<boolean>,
  attemptsMax = 2000,
): Promise<readonly T[]> {
  let left = items;
  let attempts = 0;
  for (let size = Math.ceil(items.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    let at = left.length - size;
    while (attempts < attemptsMax && left.length > 0 && at > -size) {
      const fewer = [...left.slice(0, Math.max(0, at)), ...left.slice(Math.max(0, at + size))];
      attempts++;
      if (fewer.length < left.length && (await fails(fewer))) left = fewer;
      at -= size;
    }
  }
  return left;
}

/** As {@link shrinkList}, and then leaves out fields and list items within each operation, and lowers the revisions they ask for. */
export async function shrinkOperations(
  operations: readonly Operation[],
  fails: (fewer: readonly Operation[]) => Promise<boolean>,
): Promise<readonly Operation[]> {
  let left = await shrinkList(operations, fails);
  for (let at = 0; at < left.length; at++) {
    const settled = left;
    const inPlace = (operation: Operation): Operation[] => settled.with(at, operation);
    const simplest = await simplify(settled[at] as Operation, (simpler) => fails(inPlace(simpler)));
    left = inPlace(simplest);
  }
  // What an operation no longer does, another may no longer be needed for.
  left = await shrinkList(left, fails);
  for (let at = left.length - 1; at >= 0; at--) {
    const without = left.toSpliced(at, 1).map((one) => ({ ...one, body: oneRevisionEarlier(one.body) as JsonObject }));
    if (await fails(without)) left = without;
  }
  return left;
}

/** For operations before which one write less happens. */
function oneRevisionEarlier(json: Json, field = ""): Json {
  if (isList(json)) return json.map((one) => oneRevisionEarlier(one));
  if (isObject(json))
    return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, oneRevisionEarlier(value, name)]));
  return isRevision(field) && typeof json === "number" && json > 1 ? json - 1 : json;
}

async function simplify(operation: Operation, fails: (simpler: Operation) => Promise<boolean>): Promise<Operation> {
  for (const simpler of simplerOperations(operation)) if (await fails(simpler)) return simplify(simpler, fails);
  return operation;
}

function* simplerOperations(operation: Operation): Generator<Operation> {
  if (operation.spelling === "camel") yield { ...operation, spelling: "snake" };
  for (const body of simplerObjects(operation.body)) yield { ...operation, body };
}

/** All objects that lack one field, one list item, or one of these further in. */
function* simplerObjects(object: JsonObject): Generator<JsonObject> {
  for (const field of Object.keys(object)) {
    const { [field]: dropped, ...rest } = object;
    yield rest;
    for (const value of simplerValues(dropped)) yield { ...object, [field]: value };
  }
}

function* simplerValues(json: Json | undefined): Generator<Json> {
  if (isObject(json)) yield* simplerObjects(json);
  if (!isList(json)) return;
  for (const [at, item] of json.entries()) {
    yield json.toSpliced(at, 1);
    for (const value of simplerValues(item)) yield json.with(at, value);
  }
}
