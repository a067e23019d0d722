import type { KeyValue, Revision, Version } from "../mvcc/key-value.js";
import { encode } from "../wire/encode.js";
import { rpcs } from "../wire/rpcs.js";
import type { Given } from "../wire/schema.js";

/**
 * A response is put together from pieces of its protobuf bytes: whose it is, what it is about, its events. Fields of a message may come in
 * pieces, so that events are encoded once for all who are told of them. https://protobuf.dev/programming-guides/encoding/#last-one-wins
 */
const message = rpcs.watch.watch.output;

export type WatchResponse = Given<(typeof message)["zero"]>;

export function encodeResponse(response: WatchResponse): Buffer {
  return encode(message, response);
}

/** In a response that is continued in the next one. */
export const continued = encodeResponse({ fragment: true });

/** Events of whole revisions: what one response tells, or several pieces of one. */
export class Events {
  /** Of the first of them. */
  readonly revision: Revision;
  readonly #encoded: Buffer[] = [];
  #bytes = 0;
  #joined: Buffer | undefined;

  constructor(revision: Revision) {
    this.revision = revision;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(event: Buffer): void {
    this.#encoded.push(event);
    this.#bytes += event.length;
  }

  /** All in one; made once. */
  joined(): Buffer {
    const [first] = this.#encoded;
    this.#joined ??= this.#encoded.length === 1 && first !== undefined ? first : Buffer.concat(this.#encoded, this.#bytes);
    return this.#joined;
  }

  /** In pieces of at most so many bytes, but of one event at least. */
  pieces(bytesMax: number): readonly (readonly Buffer[])[] {
    const pieces: Buffer[][] = [];
    let bytes = 0;
    for (const event of this.#encoded) {
      bytes += event.length;
      if (pieces.length > 0 && bytes <= bytesMax) pieces.at(-1)?.push(event);
      else {
        pieces.push([event]);
        bytes = event.length;
      }
    }
    return pieces;
  }
}

/** Encodes events, each once with and once without what was before. */
export class EventEncoder {
  readonly #before: (version: Version) => KeyValue | undefined;
  readonly #plain = new Map<Version, Buffer>();
  readonly #withBefore = new Map<Version, Buffer>();

  /** @param before what stood under the key of a version, as `MvccStore.before`. */
  constructor(before: (version: Version) => KeyValue | undefined) {
    this.#before = before;
  }

  encode(version: Version, prevKv: boolean): Buffer {
    const made = prevKv ? this.#withBefore : this.#plain;
    let event = made.get(version);
    if (event === undefined) {
      const type = version.deleted ? eventDelete : eventPut;
      event = encodeResponse({ events: [{ type, kv: version, prevKv: prevKv ? this.#before(version) : undefined }] });
      made.set(version, event);
    }
    return event;
  }

  /** The events of `versions`, split between revisions wherever `bytesMax` are reached. */
  inResponses(versions: readonly Version[], prevKv: boolean, bytesMax: number): readonly Events[] {
    const responses: Events[] = [];
    let revision: Revision | undefined;
    for (const version of versions) {
      const isNew = version.modRevision !== revision;
      revision = version.modRevision;
      const last = responses.at(-1);
      if (last === undefined || (isNew && last.bytes >= bytesMax)) responses.push(new Events(revision));
      responses.at(-1)?.add(this.encode(version, prevKv));
    }
    return responses;
  }
}

const eventPut = 0;
const eventDelete = 1;
