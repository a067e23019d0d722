import { GrpcError, grpcCode } from "../io/grpc.js";
import type { KeyValue } from "../mvcc/key-value.js";
import { inSlices } from "../slices.js";
import { encode } from "../wire/encode.js";
import { rpcs } from "../wire/rpcs.js";
import type { Given } from "../wire/schema.js";

const message = rpcs.kv.range.output;

/** Pairs that are encoded at once: well below a millisecond's work, and more than most answers have. */
const pairsAtOnce = 500;
/** More than a connection lets wait: such an answer would be made for nobody. */
const answerBytesMax = 64 * 2 ** 20;

type RangeResponse = Omit<Given<(typeof message)["zero"]>, "kvs"> & { readonly kvs: readonly KeyValue[] };

/**
 * The answer to a range, as one message. A large one is made in pieces, between which the node does its other work: the fields of a message may
 * come in pieces. Rejects with {@link GrpcError} where it would be too large. https://protobuf.dev/programming-guides/encoding/#last-one-wins
 */
export function encodeRange({ header, kvs, more, count }: RangeResponse): Buffer | Promise<Buffer> {
  if (kvs.length <= pairsAtOnce) return encode(message, { header, kvs, more, count });
  const pieces = [encode(message, { header })];
  let bytes = 0;
  let at = 0;
  return inSlices((hasTime) => {
    while (at < kvs.length) {
      const piece = encode(message, { kvs: kvs.slice(at, at + pairsAtOnce) });
      pieces.push(piece);
      at += pairsAtOnce;
      bytes += piece.length;
      if (bytes > answerBytesMax) throw tooLarge;
      if (!hasTime()) return undefined;
    }
    pieces.push(encode(message, { more, count }));
    return Buffer.concat(pieces);
  });
}

const tooLarge = new GrpcError(
  grpcCode.resourceExhausted,
  `devious: the answer has more than ${answerBytesMax} bytes; ask for less at once, with a limit`,
  { "devious-definite": "1" },
);
