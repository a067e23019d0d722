/** The marks in each udp packet: stream and number, and when it left, on the monotonic clock that all of a machine's namespaces share. */
import type { Arrival } from "../../chaos/probe.js";

const markBytes = 16;

export function writeStamp(payloadBytes: number, stream: number, number: number, leavesNs: bigint): Buffer {
  const packet = Buffer.alloc(Math.max(markBytes, payloadBytes));
  packet.writeUInt32BE(stream, 0);
  packet.writeUInt32BE(number, 4);
  packet.writeBigUInt64BE(leavesNs, 8);
  return packet;
}

/** Undefined for a packet that is not ours. */
export function readStamp(packet: Buffer, arrivesNs: bigint): (Arrival & { readonly stream: number }) | undefined {
  if (packet.length < markBytes) return undefined;
  return {
    stream: packet.readUInt32BE(0),
    number: packet.readUInt32BE(4),
    atMs: Number(arrivesNs) / 1e6,
    delayMs: Number(arrivesNs - packet.readBigUInt64BE(8)) / 1e6,
  };
}
