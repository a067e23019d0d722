/** Keeps what a spec and its containers hold in secret out of what is shown and kept: by the names of variables their values, wherever they are. */
import { DeviousError } from "../core/errors.js";
import { maskerOf } from "../core/secrets.js";
import type { Inspection } from "../engine/port.js";
import { isImage } from "../spec/cluster-spec.js";
import type { ClusterSpec } from "../spec/cluster-spec.js";
import { forNode } from "../spec/templates.js";
import type { Observed } from "./observe.js";
import type { Report } from "./steps.js";

type Mask = (text: string) => string;

/** By what a spec gives to builds and to each of its nodes. */
export function maskOfSpec({ services, seed }: ClusterSpec): Mask {
  return maskerOf(
    services
      .filter(isImage)
      .flatMap((service) => [
        ...Object.entries(service.build?.args ?? {}),
        ...service.nodes.flatMap((node) => Object.entries(forNode(service, node, seed).environment)),
      ]),
  );
}

/** By what a cluster's nodes were given, whatever its spec says by now. */
export async function maskOfNodes(engine: Inspection, { nodes }: Pick<Observed, "nodes">): Promise<Mask> {
  const all = await Promise.all(nodes.map(({ id }) => engine.inspectAll("container", id).catch(() => undefined)));
  return maskerOf(
    all.flatMap((one) => {
      const { Env } = (one as { readonly Config?: { readonly Env?: readonly string[] } } | undefined)?.Config ?? {};
      return (Env ?? []).map((variable): [string, string] => {
        const at = variable.indexOf("=");
        return [variable.slice(0, at), variable.slice(at + 1)];
      });
    }),
  );
}

/** The error, whose words may be an engine's, a node's or a hook's. */
export function maskedError<E>(error: E, mask: Mask): E | DeviousError {
  if (!(error instanceof DeviousError)) return error;
  const { code, message, hint, details, cause } = error;
  return new DeviousError(code, mask(message), {
    hint: hint === undefined ? undefined : mask(hint),
    details: details.map(mask),
    cause,
  });
}

export function maskedReport(report: Report, mask: Mask): Report {
  return (event) => report(event.type === "note" ? { ...event, text: mask(event.text) } : { ...event, step: mask(event.step) });
}
