/** A key, and the hash of what a copy of its object holds; 0: there is none. */
export type Entry = readonly [key: string, objectHash: number];

/**
 * What the driver of an exchange asks the other owner of the place (Dynamo §4.7), from the root of the trees down to the keys that differ. The other
 * one remembers nothing of it but that the place is being exchanged, so either may end it at any moment.
 */
export type ExchangeAsk =
  | { readonly type: "root"; readonly root: number }
  /** Hashes of the segments below these branches. */
  | { readonly type: "segments"; readonly branches: readonly number[] }
  /** Keys of these segments, which are in order, from behind this key on, of the first one. */
  | { readonly type: "keys"; readonly segments: readonly number[]; readonly after: string | undefined }
  /** What the other one holds of these keys, where it still is what the hash is of. */
  | { readonly type: "objects"; readonly keys: readonly Entry[] }
  /** The last that is said, and not answered. `isComplete`: all that differed was made equal. */
  | { readonly type: "end"; readonly isComplete: boolean };

export type ExchangeAnswer =
  /** The trees are equal. */
  | { readonly type: "same" }
  /** The other one is exchanging the place with somebody else, or enough others. */
  | { readonly type: "busy" }
  | { readonly type: "branches"; readonly hashes: readonly number[] }
  /** Of each branch that was asked for, one after the other. */
  | { readonly type: "segments"; readonly hashes: readonly number[] }
  /** In order of the segments, within them of the keys; the first ones, where these are not all. */
  | { readonly type: "keys"; readonly entries: readonly Entry[]; readonly areAll: boolean }
  /** For each of the first keys that were asked for: the object, that there still is none, or that it has changed. */
  | { readonly type: "objects"; readonly objects: readonly (Uint8Array | "none" | "changed")[] };

/** So many bytes of keys and their hashes are in one answer, or one entry. */
export const keysBytesMax = 2 ** 16;
/** So many bytes of objects are in one answer, or one object. */
export const objectsBytesMax = 2 ** 18;
/** Keys whose objects are asked for at once. */
export const objectsMax = 64;

const envelopeBytes = 32;
export const hashBytes = 8;

/** About as many bytes as it takes on its way. */
export function askBytes(ask: ExchangeAsk): number {
  switch (ask.type) {
    case "root":
    case "end":
      return envelopeBytes + hashBytes;
    case "segments":
      return envelopeBytes + 2 * ask.branches.length;
    case "keys":
      return envelopeBytes + 3 * ask.segments.length + (ask.after?.length ?? 0);
    case "objects":
      return envelopeBytes + entriesBytes(ask.keys);
  }
}

export function answerBytes(answer: ExchangeAnswer): number {
  switch (answer.type) {
    case "same":
    case "busy":
      return envelopeBytes;
    case "branches":
    case "segments":
      return envelopeBytes + hashBytes * answer.hashes.length;
    case "keys":
      return envelopeBytes + entriesBytes(answer.entries);
    case "objects":
      return answer.objects.reduce((sum, object) => sum + hashBytes + object.length, envelopeBytes);
  }
}

/** Of a message that brings an object to a copy. */
export function writeBytes(key: string, object: Uint8Array): number {
  return envelopeBytes + key.length + object.length;
}

function entriesBytes(entries: readonly Entry[]): number {
  return entries.reduce((sum, [key]) => sum + key.length + hashBytes, 0);
}
