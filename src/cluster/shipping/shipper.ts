import { unreachable } from "../../core/invariant.js";
import { shipGraceMs } from "../../core/ship-contract.js";
import type { Containers } from "../../engine/port.js";
import type { Shipping } from "../../spec/cluster-spec.js";
import { type Report, step } from "../steps.js";
import { type ShipperStep, describeShipperStep } from "./plan.js";

/** The engine's patience: what the shipper may take, and a moment for it to say what is left. */
const stopGraceMs = shipGraceMs + 2000;

/** Lets it send the rest, in bounded time: it is killed where it does not end by itself. */
export async function endShipper(engine: Pick<Containers, "unpauseContainer" | "stopContainer">, id: string): Promise<void> {
  await engine.unpauseContainer(id);
  await engine.stopContainer(id, stopGraceMs);
}

/** Carries out a shipper's step. `create` makes its container and gives its id; `isNew`: nothing was there that a rollback must leave. */
export async function stepShipper(
  engine: Containers,
  shipper: ShipperStep,
  report: Report,
  create: (shipping: Shipping, isNew: boolean) => Promise<string>,
): Promise<void> {
  const [name = ""] = describeShipperStep(shipper);
  switch (shipper.kind) {
    case "none":
    case "keep":
      return;
    case "create":
      return step(report, name, async () => engine.startContainer(await create(shipper.shipping, true)));
    case "start":
      return step(report, name, () => engine.startContainer(shipper.id));
    case "remake":
      return step(report, name, async () => {
        await endShipper(engine, shipper.id);
        await engine.removeContainer(shipper.id);
        await engine.startContainer(await create(shipper.shipping, false));
      });
    case "remove":
      return step(report, name, async () => {
        await endShipper(engine, shipper.id);
        await engine.removeContainer(shipper.id);
      });
    default:
      unreachable(shipper);
  }
}
