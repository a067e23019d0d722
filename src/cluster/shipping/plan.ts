import { label } from "../../core/labels.js";
import type { ContainerInfo } from "../../engine/port.js";
import type { Shipping } from "../../spec/cluster-spec.js";
import { isUp } from "../observe.js";

/** What `up` does about the container that sends the logs on. */
export type ShipperStep =
  /** None is there, and none shall be. */
  | { readonly kind: "none" }
  | { readonly kind: "keep"; readonly id: string }
  | { readonly kind: "create"; readonly shipping: Shipping }
  | { readonly kind: "start"; readonly id: string }
  /** On its volume: what was sent stays sent. */
  | { readonly kind: "remake"; readonly id: string; readonly shipping: Shipping }
  /** The spec sends no logs any more. Its volume stays, in case it will again. */
  | { readonly kind: "remove"; readonly id: string };

/** `networkGone`: whatever was on the cluster's network never starts again. */
export function planShipper(
  shipper: ContainerInfo | undefined,
  shipping: Shipping | null,
  hashOf: (shipping: Shipping) => string,
  networkGone: boolean,
): ShipperStep {
  if (shipping === null) return shipper === undefined ? { kind: "none" } : { kind: "remove", id: shipper.id };
  if (shipper === undefined) return { kind: "create", shipping };
  const { id, labels } = shipper;
  const isStranded = networkGone && shipping.receiver !== null;
  if (labels[label.hash] !== hashOf(shipping) || isStranded) return { kind: "remake", id, shipping };
  return isUp(shipper) ? { kind: "keep", id } : { kind: "start", id };
}

export function describeShipperStep({ kind }: ShipperStep): readonly string[] {
  const sentences = {
    none: [],
    keep: [],
    create: ["create the shipper"],
    start: ["start the shipper"],
    remake: ["make the shipper anew"],
    remove: ["remove the shipper"],
  };
  return sentences[kind];
}
