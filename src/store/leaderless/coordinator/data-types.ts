import { defaultType, type BucketProperties, type DataTypeName, type DataTypeRead, type Request } from "../api.js";
import { DataTypeError, PreconditionError } from "../crdt/errors.js";
import { dataTypes } from "../crdt/kinds.js";
import { actorsAhead, readValue, updateValue } from "../crdt/stored-value.js";
import type { ConflictRules } from "../objects/conflict.js";
import { coordinateUpdate, type Update } from "../objects/coordinate.js";
import { settled, valueAmong } from "../objects/merge.js";
import type { StoredObject } from "../objects/stored-object.js";
import { failed, noSuchType, type OnAnswer } from "./answers.js";
import type { Forwarding } from "./forwarding.js";
import type { Reads } from "./reads.js";
import type { Surroundings } from "./surroundings.js";
import type { Change, WriteOutcome, Writes } from "./writes.js";

type Fetch = Extract<Request, { readonly type: "fetchDataType" }>;
type UpdateRequest = Extract<Request, { readonly type: "updateDataType" }>;

/** Answers what clients ask of data types; a replica of the value applies each operation, as it coordinates each put. */
export class DataTypes {
  readonly #around: Surroundings;
  readonly #reads: Reads;
  readonly #writes: Writes;
  readonly #forwarding: Forwarding;

  constructor(around: Surroundings, reads: Reads, writes: Writes, forwarding: Forwarding) {
    this.#around = around;
    this.#reads = reads;
    this.#writes = writes;
    this.#forwarding = forwarding;
  }

  fetch({ name, options }: Fetch, onAnswer: OnAnswer): void {
    const properties = this.#around.propertiesOf(name);
    if (properties === undefined) return onAnswer(noSuchType(name));
    const datatype = dataTypeOf(name.type, properties);
    if (datatype === undefined) return onAnswer(refused("`undefined` is not a supported type"));
    this.#reads.begin(name, options, properties, (outcome) => {
      if (!outcome.ok) return onAnswer(failed(outcome.reason, true));
      const { object } = outcome;
      return onAnswer(
        unlessRefused(() => {
          const found = object && readingOf(object, datatype, this.#around.rulesOf(properties));
          return { ok: true, value: { datatype, found } };
        }),
      );
    });
  }

  update(request: UpdateRequest, onAnswer: OnAnswer): void {
    const problem = this.#problemWith(request);
    if (problem === undefined) this.#forwarding.begin(request, onAnswer);
    else onAnswer(problem);
  }

  /** Coordinates an update, where this node keeps a copy of the value. */
  coordinateUpdate(request: UpdateRequest, onAnswer: OnAnswer): void {
    const { wallMs, propertiesOf, rulesOf } = this.#around;
    const { name, options, op, returnBody } = request;
    const properties = propertiesOf(name);
    // this node may know the bucket otherwise than the one that the client asked
    const problem = this.#problemWith(request);
    if (properties === undefined) return onAnswer(noSuchType(name));
    if (problem !== undefined) return onAnswer(problem);
    const rules = rulesOf(properties);
    const update = updateOf(request, properties);
    const change: Change = (local, actors) => coordinateUpdate(local, update, actors, wallMs(), rules);
    const done = (outcome: WriteOutcome): void => {
      if (!outcome.ok) return onAnswer(failed(outcome.reason, outcome.isDefinite));
      const { object } = outcome;
      return onAnswer(unlessRefused(() => ({ ok: true, value: returnBody ? readingOf(object, op.kind, rules) : undefined })));
    };
    try {
      this.#writes.begin(name, options, properties, change, done);
    } catch (error) {
      onAnswer(refusalOf(error));
    }
  }

  /** Riak's words, of which clients make exceptions. */
  #problemWith({ name, op }: UpdateRequest): ReturnType<typeof refused> | undefined {
    const properties = this.#around.propertiesOf(name);
    if (properties === undefined) return noSuchType(name);
    const datatype = dataTypeOf(name.type, properties);
    if (datatype === undefined) return refused("Bucket datatype `undefined` is not a supported type");
    if (datatype !== op.kind) {
      if (name.type === defaultType) return refused("non-counter operation on default bucket");
      return refused(`Operation type is \`${op.kind}\` but  bucket type is \`${datatype}\`.`);
    }
    if (!properties.allowMult) return refused("Counters require bucket property 'allow_mult=true'");
    if (this.#around.rulesOf(properties).clock === "wall")
      return refused(
        "Counters cannot be kept where the newest write wins, by the bucket's last_write_wins or the cluster's clock",
      );
    return undefined;
  }
}

/** Buckets of the default type hold counters as Riak 1.4 had them, beside other objects. */
function dataTypeOf(bucketType: string, { datatype }: BucketProperties): DataTypeName | undefined {
  return datatype ?? (bucketType === defaultType ? "counter" : undefined);
}

function updateOf({ op, context }: UpdateRequest, { hllPrecision }: BucketProperties): Update {
  const { contentType } = dataTypes[op.kind];
  const metadata = { contentType, charset: undefined, contentEncoding: undefined, userMeta: [], indexes: [], links: [] };
  return {
    datatype: op.kind,
    apply: (current, actor, nowMicros) => ({
      ...metadata,
      value: updateValue(current, { op, actor, nowMicros, context, hllPrecision }),
      isTombstone: false,
    }),
    actorsAhead: (current) => (context === undefined || context.length === 0 ? [] : actorsAhead(context, current)),
  };
}

/** Undefined: there is no value of that type. */
function readingOf(object: StoredObject, datatype: DataTypeName, rules: ConflictRules): DataTypeRead | undefined {
  const value = valueAmong(settled(object.siblings, rules), datatype, rules)?.value;
  return value && readValue(value);
}

function refused(why: string): ReturnType<typeof failed> {
  return failed({ type: "dataType", why }, true);
}

function unlessRefused(answer: () => Parameters<OnAnswer>[0]): Parameters<OnAnswer>[0] {
  try {
    return answer();
  } catch (error) {
    return refusalOf(error);
  }
}

/** What the data types say of an operation, or of bytes that are none of theirs. */
function refusalOf(error: unknown): ReturnType<typeof failed> {
  if (error instanceof PreconditionError || error instanceof DataTypeError) return refused(error.message);
  throw error;
}
