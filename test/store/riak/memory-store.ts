import type {
  Answer,
  Answers,
  BucketProperties,
  DataTypeRead,
  Failure,
  LeaderlessStore,
  ObjectName,
  ReadObject,
  Request,
  Sibling,
} from "../../../src/store/leaderless/api.js";
import { readValue, updateValue } from "../../../src/store/leaderless/crdt/stored-value.js";

const defaultProperties: BucketProperties = {
  nVal: 3,
  allowMult: true,
  lastWriteWins: false,
  r: "quorum",
  w: "quorum",
  pr: 0,
  pw: 0,
  dw: "quorum",
  rw: "quorum",
  basicQuorum: false,
  notfoundOk: true,
  dvvEnabled: true,
  youngVclock: 20,
  oldVclock: 86_400,
  smallVclock: 50,
  bigVclock: 50,
  datatype: undefined,
  hllPrecision: 14,
  consistent: false,
};

/** What a test may ask of the store besides, and what is asked of it. */
export interface MemoryStore extends LeaderlessStore {
  readonly asked: Request[];
  /** The next question fails with this. */
  failNext(reason: Failure["reason"]): void;
  /** The next second page of an answer is this instead. */
  failPage(reason: Failure["reason"]): void;
  /** Nothing is answered from here on. */
  hold(): void;
  /** How many questions nobody waited for any more before they were answered. */
  abandoned: number;
  /** How many pages were given out. */
  pages: number;
}

/** Items in a page of a stream. */
const pageItems = 3;

const dataTypes = { counters: "counter", sets: "set", maps: "map", hlls: "hll", gsets: "gset" } as const;

/** Where an entry stands among those of its index, if all its terms are whole numbers from 0 on, or none is. */
function placeOf({ term, key }: { readonly term: string; readonly key: string }): string {
  return JSON.stringify([/^[0-9]+$/.test(term) ? term.padStart(20, "0") : term, key]);
}

interface Stored {
  version: number;
  siblings: Sibling[];
}

/**
 * A node that is alone with its memory: contexts are the number of writes of the key, a write without the last one makes a sibling. Bucket types
 * are the default one and one for each data type, in the plural. Answers come in a microtask.
 */
export function memoryStore(): MemoryStore {
  const objects = new Map<string, Stored>();
  const values = new Map<string, Uint8Array>();
  const changed = new Map<string, Partial<BucketProperties>>();
  const asked: Request[] = [];
  let failing: Failure["reason"] | undefined;
  let actors = 0;
  let isHeld = false;
  let failingPage: Failure["reason"] | undefined;

  const keyOf = ({ type, bucket, key }: ObjectName): string => JSON.stringify([type, bucket, key]);
  const namesOf = (): ObjectName[] =>
    [...objects.keys(), ...values.keys()].map((text) => {
      const [type, bucket, key] = JSON.parse(text) as [string, string, string];
      return { type, bucket, key };
    });
  const datatypeOf = (type: string): BucketProperties["datatype"] =>
    Object.hasOwn(dataTypes, type) ? dataTypes[type as keyof typeof dataTypes] : undefined;
  const found = (name: ObjectName): ReadObject | undefined => {
    const stored = objects.get(keyOf(name));
    return stored && { context: Buffer.from(`v${stored.version}`), siblings: stored.siblings };
  };
  const dataType = (name: ObjectName): DataTypeRead | undefined => {
    const bytes = values.get(keyOf(name));
    return bytes && readValue(bytes);
  };
  const propertiesOf = (type: string, bucket?: string): BucketProperties => ({
    ...defaultProperties,
    datatype: datatypeOf(type),
    ...changed.get(JSON.stringify([type])),
    ...(bucket !== undefined && changed.get(JSON.stringify([type, bucket]))),
  });

  const store: MemoryStore = {
    nodeName: "n1@127.0.0.1",
    asked,
    abandoned: 0,
    pages: 0,
    failNext: (reason) => {
      failing = reason;
    },
    failPage: (reason) => {
      failingPage = reason;
    },
    hold: () => {
      isHeld = true;
    },
    ask: <R extends Request>(request: R, answer: (answer: Answer<R["type"]>) => void) => {
      asked.push(request);
      let waiting = true;
      const tell = (value: unknown): void => {
        if (waiting) answer(value as Answer<R["type"]>);
      };
      const reason = failing;
      failing = undefined;
      queueMicrotask(() => {
        if (isHeld) return;
        if (reason !== undefined) tell({ ok: false, failure: { definite: true, reason } });
        else if (request.type === "listBuckets" || request.type === "listKeys" || request.type === "index")
          pageOut(request, tell);
        else tell(answered(request));
      });
      return () => {
        store.abandoned++;
        waiting = false;
      };
    },
  };
  return store;

  function pageOut(
    request: Extract<Request, { type: "listBuckets" | "listKeys" | "index" }>,
    tell: (value: unknown) => void,
  ): void {
    const { items, continuation } = listed(request);
    const give = (from: number): void => {
      store.pages++;
      if (from > 0 && failingPage !== undefined) {
        tell({ ok: false, failure: { definite: true, reason: failingPage } });
        failingPage = undefined;
        return;
      }
      const isLast = from + pageItems >= items.length;
      const more = isLast ? undefined : (): void => queueMicrotask(() => give(from + pageItems));
      tell({
        ok: true,
        value: { items: items.slice(from, from + pageItems), more, continuation: isLast ? continuation : undefined },
      });
    };
    give(0);
  }

  function listed(request: Extract<Request, { type: "listBuckets" | "listKeys" | "index" }>): {
    items: unknown[];
    continuation?: string | undefined;
  } {
    if (request.type === "listBuckets")
      return {
        items: [
          ...new Set(
            namesOf()
              .filter(({ type }) => type === request.bucketType)
              .map(({ bucket }) => bucket),
          ),
        ].sort(),
      };
    const of = request.type === "listKeys" ? request.bucket : request.query;
    const names = namesOf().filter(({ type, bucket }) => type === of.type && bucket === of.bucket);
    if (request.type === "listKeys") return { items: names.map(({ key }) => key).sort() };
    const { index, from, to, maxResults = Infinity, continuation = "" } = request.query;
    const entries = names
      .flatMap((name) => {
        if (index === "$key") return [{ term: name.key, key: name.key }];
        if (index === "$bucket") return [{ term: name.bucket, key: name.key }];
        const indexes = (found(name)?.siblings ?? []).flatMap((sibling) => sibling.indexes);
        return indexes.filter(([each]) => each === index).map(([, term]) => ({ term, key: name.key }));
      })
      .filter(({ term }) =>
        index.endsWith("_int") ? Number(from) <= Number(term) && Number(term) <= Number(to) : from <= term && term <= to,
      )
      .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))

      .filter(({ term, key }) => placeOf({ term, key }) > continuation);
    const items = entries.slice(0, maxResults);
    const last = items.at(-1);
    return { items, continuation: items.length < entries.length && last !== undefined ? placeOf(last) : undefined };
  }

  function answered(request: Exclude<Request, { type: "listBuckets" | "listKeys" | "index" }>): Answer<Request["type"]> {
    const failed = (reason: Failure["reason"]) => ({ ok: false, failure: { definite: true, reason } }) as const;
    const ok = <T extends Request["type"]>(value: Answers[T]) => ({ ok: true, value }) as const;
    const bucketType = "bucketType" in request ? request.bucketType : "default";
    const typed = "name" in request ? request.name.type : "bucket" in request ? request.bucket.type : bucketType;
    if (typed !== "default" && datatypeOf(typed) === undefined) return failed({ type: "noSuchType", bucketType: typed });
    switch (request.type) {
      case "get":
        return ok<"get">(found(request.name) ?? { siblings: "notfound", context: undefined });
      case "put": {
        const { name, context, content, condition } = request;
        const before = objects.get(keyOf(name));
        const follows =
          before === undefined || (context !== undefined && Buffer.from(context).toString() === `v${before.version}`);
        if (condition === "noneMatch" && before !== undefined) return failed({ type: "matchFound" });
        if (condition === "notModified" && before === undefined) return failed({ type: "notFound" });
        if (condition === "notModified" && !follows) return failed({ type: "modified" });
        const version = (before?.version ?? 0) + 1;
        const sibling: Sibling = { ...content, vtag: `tag${version}`, lastModifiedMs: 1_500_000_000_250, isTombstone: false };
        objects.set(keyOf(name), { version, siblings: follows ? [sibling] : [...(before?.siblings ?? []), sibling] });
        return ok<"put">(request.returnBody ? found(name) : undefined);
      }
      case "delete":
        return ok<"delete">(objects.delete(keyOf(request.name)));
      case "fetchDataType":
        return ok<"fetchDataType">({ datatype: datatypeOf(typed) ?? "counter", found: dataType(request.name) });
      case "updateDataType": {
        const { name, op, context } = request;
        const wanted = datatypeOf(typed) ?? "counter";
        if (op.kind !== wanted)
          return failed({ type: "dataType", why: `Operation type is \`${op.kind}\` but  bucket type is \`${wanted}\`.` });
        try {
          const options = { actor: `actor${++actors}`, nowMicros: 1, hllPrecision: 14 };
          values.set(keyOf(name), updateValue(values.get(keyOf(name)), { op, context, ...options }));
        } catch (error) {
          return failed({ type: "dataType", why: (error as Error).message });
        }
        return ok<"updateDataType">(request.returnBody ? dataType(name) : undefined);
      }
      case "createBucketType":
      case "activateBucketType":
      case "bucketTypeStatus":
      case "listBucketTypes":
        return failed({ type: "invalid", why: "No protocol of clients asks this" });
      case "bucketProperties":
        return ok<"bucketProperties">(propertiesOf(typed, request.bucket.bucket));
      case "typeProperties":
        return ok<"typeProperties">(propertiesOf(typed));
      case "setBucketProperties":
        changed.set(JSON.stringify([typed, request.bucket.bucket]), request.properties);
        return ok<"setBucketProperties">(true);
      case "setTypeProperties":
        changed.set(JSON.stringify([typed]), request.properties);
        return ok<"setTypeProperties">(true);
      case "resetBucketProperties":
        changed.delete(JSON.stringify([typed, request.bucket.bucket]));
        return ok<"resetBucketProperties">(true);
      case "preferenceList":
        return ok<"preferenceList">([{ partition: 7, node: "n1@127.0.0.1", isPrimary: true }]);
    }
  }
}
