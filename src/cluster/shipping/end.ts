import { messageOf } from "../../core/errors.js";
import type { ShipCounts } from "../../core/ship-contract.js";
import type { ContainerInfo, Containers } from "../../engine/port.js";
import { isUp } from "../observe.js";
import type { ShipperSaid } from "./said.js";
import { endShipper } from "./shipper.js";
import { type ShipperLogEngine, otlpOf, shipperSaid } from "./status.js";

/** What has become of a cluster's records. */
export interface Shipped extends ShipCounts {
  /** Where they were sent: the receiver's URL. */
  readonly otlp: string;
}

export interface ShippingEnd {
  /** Null where the shipper never told. */
  readonly shipped: Shipped | null;
  /** Sentences about what did not arrive. */
  readonly warnings: readonly string[];
}

/** Lets the shipper send the rest, in bounded time, and reads what it came to. What goes wrong with that is a warning: the cluster goes all the same. */
export async function endShipping(
  engine: ShipperLogEngine & Pick<Containers, "unpauseContainer" | "stopContainer">,
  shipper: ContainerInfo,
): Promise<ShippingEnd> {
  const otlp = otlpOf(shipper);
  try {
    await endShipper(engine, shipper.id);
    const said = await shipperSaid(engine, shipper);
    return {
      shipped: said.counts === null ? null : { otlp, ...said.counts },
      warnings: shippingWarnings(said, otlp, isUp(shipper)),
    };
  } catch (error) {
    const why = messageOf(error).replace(/\.$/, "");
    return { shipped: null, warnings: [`What was sent to ${otlp} is not known: ${why}.`] };
  }
}

/** All that keeps somebody from finding every record at the receiver, one sentence each. `ran`: until it was told to end. */
export function shippingWarnings(
  { counts, stalled, whyDropped, failed, ended }: ShipperSaid,
  otlp: string,
  ran: boolean,
): readonly string[] {
  const because = (why: string | undefined | null): string =>
    why === undefined || why === null ? "" : `: ${why.replace(/\.$/, "")}`;
  const warnings: string[] = [];
  const isDone = ran && ended;
  if (!isDone) {
    const trouble = ran ? "the shipper did not end as it was told to" : "the shipper did not run any more";
    const what = counts === null ? "Nothing is known of what was sent" : "What was said last may not have been sent";
    warnings.push(`${what} to ${otlp}: ${trouble}${because(failed)}.`);
  }
  if (counts === null) return warnings;
  const { waiting, dropped, gaps } = counts;
  // of one that was killed it is a figure of some seconds before
  if (waiting > 0 && isDone) {
    warnings.push(`${countOf(waiting, "record")} not sent to ${otlp}${because(stalled?.why ?? "there was no more time")}.`);
  }
  if (dropped > 0) warnings.push(`${countOf(dropped, "record")} refused by ${otlp} for good${because(whyDropped)}.`);
  if (gaps > 0) {
    const places = gaps === 1 ? "one place" : `${gaps} places`;
    warnings.push(
      `Records may be missing at ${otlp} in ${places}, where the engine had rotated them away before they were read.`,
    );
  }
  return warnings;
}

function countOf(count: number, what: string): string {
  return count === 1 ? `1 ${what} was` : `${count.toLocaleString("en")} ${what}s were`;
}
