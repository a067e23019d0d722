import type { Answers, BucketProperties, BucketTypeDescription, Request } from "../api.js";
import { propertiesIn, propsFrom, withDefaults } from "../buckets/known.js";
import { problemWith } from "../buckets/properties.js";
import {
  activateType,
  createType,
  describeType,
  setBucketProps,
  typeNames,
  typeStatus,
  updateType,
  type StateResult,
} from "../gossip/bucket-types.js";
import { bucketName, entryOf, type ClusterState } from "../gossip/cluster-state.js";
import { failed, noSuchType } from "./answers.js";

type SettingsName =
  | "bucketProperties"
  | "setBucketProperties"
  | "resetBucketProperties"
  | "typeProperties"
  | "setTypeProperties"
  | "createBucketType"
  | "activateBucketType"
  | "bucketTypeStatus"
  | "listBucketTypes";

/** Questions about the properties of buckets and bucket types. */
export type SettingsRequest = Extract<Request, { readonly type: SettingsName }>;

/** What gossip tells all nodes, and this node's options. */
export interface Settings {
  readonly self: string;
  readonly state: ClusterState;
  readonly defaults: BucketProperties;
}

type Failed = ReturnType<typeof failed>;
/** `state`: what all nodes shall know from now on, where that is something new. */
export type SettingsOutcome =
  | { readonly answer: { readonly ok: true; readonly value: Answers[SettingsName] }; readonly state?: ClusterState }
  | { readonly answer: Failed };

/** What is set for buckets and types is in every node's memory and in every exchange of gossip that has news of them. */
const bucketsMax = 1000;
const typesMax = 250;

/** What the node that is asked knows is what counts: others hear of a change within seconds, and of two at one time the later version stays. */
export function answerSettings(request: SettingsRequest, settings: Settings): SettingsOutcome {
  const { state, self } = settings;
  switch (request.type) {
    case "bucketProperties": {
      const properties = propertiesIn(state, settings.defaults, request.bucket);
      return properties === undefined ? { answer: noSuchType(request.bucket) } : told(properties);
    }
    case "setBucketProperties":
      return setBucket(request, settings);
    case "resetBucketProperties": {
      const { type, bucket } = request.bucket;
      if (propertiesIn(state, settings.defaults, request.bucket) === undefined) return { answer: noSuchType(request.bucket) };
      const isSet = entryOf(state.buckets, bucketName(type, bucket))?.props !== undefined;
      return isSet ? done(setBucketProps(state, type, bucket, undefined, self)) : told(true);
    }
    case "typeProperties":
      return typeStatus(state, request.bucketType) === "active" ? told(ofType(request.bucketType, settings)) : unknown(request);
    case "setTypeProperties":
      return setType(request, settings);
    case "createBucketType":
      return create(request, settings);
    case "activateBucketType":
      return typeStatus(state, request.bucketType) === undefined
        ? unknown(request)
        : outcomeOf(activateType(state, request.bucketType, self));
    case "bucketTypeStatus": {
      const [description] = describe(request.bucketType, settings);
      return description === undefined ? unknown(request) : told(description);
    }
    case "listBucketTypes":
      return told(typeNames(state).flatMap((name) => describe(name, settings)));
  }
}

type Asked<T extends SettingsName> = Extract<SettingsRequest, { readonly type: T }>;

function setBucket({ bucket, properties }: Asked<"setBucketProperties">, { state, self, defaults }: Settings): SettingsOutcome {
  const current = propertiesIn(state, defaults, bucket);
  if (current === undefined) return { answer: noSuchType(bucket) };
  const problem = problemWith(properties, current, "update");
  if (problem !== undefined) return invalid(problem);
  const isNew = entryOf(state.buckets, bucketName(bucket.type, bucket.bucket)) === undefined;
  if (isNew && Object.keys(state.buckets).length >= bucketsMax)
    return invalid(`properties are set for ${bucketsMax} buckets already: give buckets that are alike a bucket type`);
  return done(setBucketProps(state, bucket.type, bucket.bucket, propsFrom(properties), self));
}

function setType({ bucketType, properties }: Asked<"setTypeProperties">, settings: Settings): SettingsOutcome {
  const { state, self } = settings;
  const status = typeStatus(state, bucketType);
  if (status === undefined) return unknown({ bucketType });
  const problem = problemWith(properties, ofType(bucketType, settings), "update");
  if (problem !== undefined) return invalid(problem);
  return outcomeOf(updateType(state, bucketType, propsFrom(properties), self));
}

function create({ bucketType, properties }: Asked<"createBucketType">, { state, self, defaults }: Settings): SettingsOutcome {
  // a cluster whose buckets let the newest write win can have data types all the same, if nothing else was asked for
  const given = properties.datatype === undefined ? properties : { allowMult: true, lastWriteWins: false, ...properties };
  const problem = problemWith(given, defaults, "create");
  if (problem !== undefined) return invalid(problem);
  if (entryOf(state.types, bucketType) === undefined && Object.keys(state.types).length >= typesMax)
    return invalid(`there are ${typesMax} bucket types already`);
  return outcomeOf(createType(state, bucketType, propsFrom(given), self));
}

/** None where there is no such type. */
function describe(bucketType: string, settings: Settings): BucketTypeDescription[] {
  const type = describeType(settings.state, bucketType);
  return type === undefined ? [] : [{ ...type, properties: ofType(bucketType, settings) }];
}

function ofType(bucketType: string, { state, defaults }: Settings): BucketProperties {
  return withDefaults(entryOf(state.types, bucketType)?.props ?? {}, defaults);
}

function told(value: Answers[SettingsName]): SettingsOutcome {
  return { answer: { ok: true, value } };
}

function done(state: ClusterState): SettingsOutcome {
  return { answer: { ok: true, value: true }, state };
}

function outcomeOf(result: StateResult): SettingsOutcome {
  return result.ok ? done(result.state) : invalid(result.why);
}

function unknown({ bucketType }: { readonly bucketType: string }): SettingsOutcome {
  return { answer: failed({ type: "noSuchType", bucketType }, true) };
}

function invalid(why: string): SettingsOutcome {
  return { answer: failed({ type: "invalid", why }, true) };
}
