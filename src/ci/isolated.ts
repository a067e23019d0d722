import type { ClusterSpec } from "../spec/cluster-spec.js";
import { isImage } from "../spec/cluster-spec.js";

/** RFC 4648's, in lower case: 32 of them. */
const letters = "abcdefghijklmnopqrstuvwxyz234567";
const suffixLength = 6;
const nameMost = 40;

/**
 * The spec as one of many that run side by side: of a name that no other has, `shop-k3v7qa`, with ports of this machine that the engine
 * chooses, also where the spec fixes them. `random`: bytes, at least six.
 */
export function isolated(spec: ClusterSpec, random: Uint8Array): ClusterSpec {
  const suffix = Array.from(random.subarray(0, suffixLength), (byte) => letters[byte % letters.length]).join("");
  const base = spec.name.slice(0, nameMost - suffixLength - 1).replace(/-+$/, "");
  return { ...spec, name: `${base}-${suffix}`, services: spec.services.map(withFreePorts) };
}

function withFreePorts(service: ClusterSpec["services"][number]): ClusterSpec["services"][number] {
  return isImage(service) ? { ...service, ports: service.ports.map((port) => ({ ...port, host: null })) } : service;
}
