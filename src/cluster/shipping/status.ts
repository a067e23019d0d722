import { label } from "../../core/labels.js";
import type { ShipCounts } from "../../core/ship-contract.js";
import type { ContainerInfo, ContainerState, Containers, Streams } from "../../engine/port.js";
import { lastLines } from "../last-lines.js";
import { type ShipperSaid, readShipperSaid } from "./said.js";

/** How sending the logs on goes; of the counts, as the shipper told them last, at most some seconds ago. */
export interface ShippingStatus extends ShipCounts {
  /** The receiver's URL. */
  readonly otlp: string;
  /** stalled: the receiver takes nothing · any other word but sending: what has become of the shipper's container. */
  readonly state: "sending" | "stalled" | Exclude<ContainerState, "running">;
  /** RFC 3339, since when it is stalled. */
  readonly since: string | null;
  /** Why it is not sending, as far as the shipper could say. */
  readonly why: string | null;
  /** Why the last records that were refused for good were; null where none were, or that is too long ago. */
  readonly whyDropped: string | null;
}

export type ShipperLogEngine = Pick<Containers & Streams, "inspectContainer" | "logs">;

/** More than a shipper says between two lines about what is the matter. */
const linesRead = 100;

export async function shipperSaid(engine: ShipperLogEngine, { id }: ContainerInfo): Promise<ShipperSaid> {
  return readShipperSaid(await lastLines(engine, id, linesRead));
}

const noCounts: ShipCounts = { sent: 0, dropped: 0, gaps: 0, waiting: 0, sentUpTo: null };

export function otlpOf({ labels }: ContainerInfo): string {
  return labels[label.otlp] ?? "";
}

export async function shippingStatus(engine: ShipperLogEngine, shipper: ContainerInfo): Promise<ShippingStatus> {
  const { counts, stalled, whyDropped, failed } = await shipperSaid(engine, shipper);
  const { state } = shipper;
  const common = { otlp: otlpOf(shipper), ...(counts ?? noCounts), whyDropped };
  if (state !== "running") return { ...common, state, since: null, why: failed };
  return stalled === null ? { ...common, state: "sending", since: null, why: null } : { ...common, state: "stalled", ...stalled };
}
