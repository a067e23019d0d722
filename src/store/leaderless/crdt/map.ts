import { inOrder, readEntries, writeEntries } from "./canonical.js";
import type { DotStore, Edit } from "./causal.js";
import { causal } from "./causal.js";
import type { Clock } from "./clock.js";
import { emptyClock } from "./clock.js";
import { counterStore } from "./counter-field.js";
import type { Presence } from "./dots.js";
import { joinPresence, noDots, present, readPresence, unseenDots, writeDots } from "./dots.js";
import { DataTypeError, PreconditionError } from "./errors.js";
import { flagStore } from "./flag.js";
import type { FieldKind, MapField, MapOp, MapUpdate, MapValue } from "./operations.js";
import { registerStore } from "./register.js";
import { setStore } from "./set.js";

/** Maps within maps, at most; protocol buffers nest a message twice for each and stop at a hundred. */
export const mapDepthMax = 50;

interface Field {
  readonly kind: FieldKind;
  /** Of the updates of the field, whatever they did to what it holds: sets and maps are there empty, too. */
  readonly presence: Presence;
  readonly content: unknown;
}

/** By kind and name. */
export type MapStore = ReadonlyMap<string, Field>;

/**
 * Fields that are updated and removed; an update that a removal did not know of survives it, and of what the field held that alone survives:
 * removals reset. All fields share the clock of the map at the top, and all that one operation adds anywhere is of one event.
 */
const mapStore: DotStore<MapStore, MapOp, MapValue> = {
  empty: new Map(),
  update: (store, { removes, updates }, edit) => {
    if (edit.path.length >= mapDepthMax) throw new DataTypeError(`maps nested more than ${mapDepthMax} deep`);
    const fields = new Map(store);
    for (const field of removes) removeField(fields, field, edit);
    for (const update of updates) updateField(fields, update, edit);
    return fields;
  },
  join: (a, seenByA, b, seenByB) => {
    const joined = new Map<string, Field>();
    for (const [key, field] of a) put(joined, key, joinFields(field, seenByA, b.get(key) ?? emptyField(field.kind), seenByB));
    for (const [key, field] of b) if (!a.has(key)) put(joined, key, resetField(field, seenByA));
    return joined;
  },
  remove: (store, [key, ...rest], seen) => {
    const field = key === undefined ? undefined : store.get(key);
    if (key === undefined || field === undefined) return store;
    const content = stores[field.kind].remove(field.content, rest, seen);
    return put(new Map(store), key, rest.length === 0 ? resetField(field, seen) : { ...field, content });
  },
  reset: (store, seen) => mapStore.join(store, emptyClock, new Map(), seen),
  isEmpty: (store) => store.size === 0,
  value: (store) => ({
    kind: "map",
    entries: inOrder(store).map(([key, { kind, content }]) => ({ name: key.slice(1), value: stores[kind].value(content) })),
  }),
  write: (store, out, actors) =>
    writeEntries(out, store, ({ kind, presence, content }) => {
      writeDots(out, presence, actors);
      stores[kind].write(content, out, actors);
    }),
  read: (input, actors, depth) => {
    if (depth >= mapDepthMax) throw new DataTypeError(`maps nested more than ${mapDepthMax} deep`);
    return readEntries(input, (key) => {
      const kind = kindOfKey(key);
      const field = { kind, presence: readPresence(input, actors), content: stores[kind].read(input, actors, depth + 1) };
      if (isGone(field)) throw new DataTypeError("a field that nobody updated");
      return field;
    });
  },
};

const stores: Readonly<Record<FieldKind, DotStore>> = {
  counter: counterStore,
  set: setStore,
  register: registerStore,
  flag: flagStore,
  map: mapStore,
};

/** The key of a field starts with the letter of its kind. */
const letters: Readonly<Record<FieldKind, string>> = { counter: "c", set: "s", register: "r", flag: "f", map: "m" };
const kinds = new Map((Object.keys(letters) as FieldKind[]).map((kind) => [letters[kind], kind]));

function keyOf(kind: FieldKind, name: string): string {
  return letters[kind] + name;
}

function kindOfKey(key: string): FieldKind {
  const kind = kinds.get(key.slice(0, 1));
  if (kind === undefined) throw new DataTypeError("a field of no kind");
  return kind;
}

function updateField(fields: Map<string, Field>, { name, op }: MapUpdate, edit: Edit): void {
  const key = keyOf(op.kind, name);
  const content = stores[op.kind].update((fields.get(key) ?? emptyField(op.kind)).content, op, {
    ...edit,
    path: [...edit.path, key],
  });
  fields.set(key, { kind: op.kind, presence: present(edit.actor, edit.event), content });
}

function removeField(fields: Map<string, Field>, { kind, name }: MapField, { context, path, remember }: Edit): void {
  const key = keyOf(kind, name);
  if (context !== undefined) {
    put(fields, key, resetField(fields.get(key) ?? emptyField(kind), context));
    remember([...path, key]);
  } else if (!fields.delete(key)) throw PreconditionError.ofField(kind, name);
}

function emptyField(kind: FieldKind): Field {
  return { kind, presence: noDots, content: stores[kind].empty };
}

function joinFields(a: Field, seenByA: Clock, b: Field, seenByB: Clock): Field {
  return {
    kind: a.kind,
    presence: joinPresence(a.presence, seenByA, b.presence, seenByB),
    content: stores[a.kind].join(a.content, seenByA, b.content, seenByB),
  };
}

function resetField({ kind, presence, content }: Field, seen: Clock): Field {
  return { kind, presence: unseenDots(presence, seen), content: stores[kind].reset(content, seen) };
}

function isGone({ kind, presence, content }: Field): boolean {
  return presence.size === 0 && stores[kind].isEmpty(content);
}

function put(fields: Map<string, Field>, key: string, field: Field): Map<string, Field> {
  if (isGone(field)) fields.delete(key);
  else fields.set(key, field);
  return fields;
}

export const map = causal(
  { name: "map", tag: 3, contentType: "application/riak_map", adds: ({ updates }: MapOp) => updates.length > 0 },
  mapStore,
);
