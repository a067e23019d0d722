import { grpcCode } from "../grpc.js";
import type { GrpcError } from "../grpc.js";
import { encodeFields } from "./hpack.js";

/**
 * gRPC's words in HTTP/2's fields. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */

const answerFields = [
  [":status", "200"],
  ["content-type", "application/grpc"],
] as const;

/** What an answer begins with, and how one ends that went well. */
export const answerHead = encodeFields(answerFields);
export const wentWell = encodeFields([["grpc-status", "0"]]);
/** Of what is no gRPC at all. */
export const unsupportedMediaType = encodeFields([[":status", "415"]]);

/** The fields an answer ends with; together with those it begins with where nothing was sent yet. */
export function failureBlock(error: GrpcError, isWhole: boolean): Buffer {
  return encodeFields([
    ...(isWhole ? answerFields : []),
    ["grpc-status", String(error.code)],
    ["grpc-message", percentEncode(error.message)],
    ...(error.code === grpcCode.unimplemented ? [["grpc-accept-encoding", "identity"] as const] : []),
    ...Object.entries(error.trailers),
  ]);
}

/** Bytes outside of the printable ASCII characters, and the percent sign. */
function percentEncode(text: string): string {
  let encoded = "";
  for (const byte of Buffer.from(text)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** In ms; undefined where the text is no timeout. */
export function parseTimeout(text: string): number | undefined {
  const [, amount, unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (unitMs[unit] as number);
}
