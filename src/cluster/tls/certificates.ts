import { createHash } from "node:crypto";
import { tlsFiles } from "../../core/node-contract.js";
import type { Containers, FileToPut } from "../../engine/port.js";
import { isImage, possibleNodes } from "../../spec/cluster-spec.js";
import type { ClusterSpec, StoreService } from "../../spec/cluster-spec.js";
import { TlsFolder } from "../../workspace/tls-folder.js";
import type { KeyPair } from "../../workspace/tls-folder.js";
import type { Report } from "../steps.js";
import type { TlsLabel } from "./label.js";
import { OwnAuthority } from "./own-authority.js";
import { readOwnFiles } from "./own-files.js";

/** What the nodes of a service show clients, and whom they take for one. */
export interface Certificates extends KeyPair {
  /** Authorities of clients, PEM; null: clients need no certificate. */
  readonly clientCa: string | null;
  /** Where what is made for people is kept; each null where nothing is. */
  readonly kept: TlsLabel;
}

export interface CertificatesRequest {
  readonly spec: ClusterSpec;
  /** Absolute folder of the spec. */
  readonly owner: string;
  /** Write nothing. */
  readonly dryRun: boolean;
  readonly nowMs: number;
  readonly report: Report;
}

/** By service; those without TLS are not in it. Throws SPEC_INVALID where the user's files cannot be used. */
export async function certificatesOf(request: CertificatesRequest): Promise<ReadonlyMap<string, Certificates>> {
  const { spec, owner, dryRun, nowMs } = request;
  const folder = new TlsFolder(owner, spec.name, !dryRun);
  const authority = new OwnAuthority(folder, spec.name, nowMs);
  const found = new Map<string, Certificates>();
  for (const service of spec.services) {
    if (isImage(service) || service.store.tls === null) continue;
    found.set(service.name, await certificatesFor(service, service.store.tls, request, folder, authority));
  }
  return found;
}

async function certificatesFor(
  service: StoreService,
  tls: NonNullable<StoreService["store"]["tls"]>,
  { owner, nowMs, report }: CertificatesRequest,
  folder: TlsFolder,
  authority: OwnAuthority,
): Promise<Certificates> {
  if (tls.kind === "auto") {
    // of nodes to come as well, so that a cluster grows without a new certificate
    const names = [...possibleNodes(service), "localhost", "127.0.0.1"];
    const pair = await authority.server(`nodes/${service.name}`, names);
    return { ...pair, clientCa: null, kept: { ca: folder.certFile("ca"), client: null } };
  }
  const { cert, key, clientCa, endedAt } = await readOwnFiles(tls, service.name, owner, nowMs);
  if (endedAt !== null) report({ type: "note", text: `the certificate of ${service.name} ended at ${endedAt}` });
  if (clientCa === null) return { cert, key, clientCa, kept: { ca: null, client: null } };
  // devious is a client, too: it comes with a certificate of its own authority
  await authority.client("devious");
  const client = { cert: folder.certFile("devious"), key: folder.keyFile("devious") };
  return { cert, key, clientCa: `${clientCa.trimEnd()}\n${await authority.cert()}`, kept: { ca: null, client } };
}

/** Changes with any of it; tells nothing of the key. */
export function digestOf({ cert, key, clientCa }: Certificates): string {
  return createHash("sha256").update(JSON.stringify({ cert, key, clientCa })).digest("hex").slice(0, 16);
}

/** Before the container starts: its program reads them once. */
export async function putCertificates(
  engine: Pick<Containers, "putFile">,
  containerId: string,
  { cert, key, clientCa }: Certificates,
): Promise<void> {
  await engine.putFile(containerId, tlsFiles.folder, fileOf(tlsFiles.cert, cert));
  await engine.putFile(containerId, tlsFiles.folder, fileOf(tlsFiles.key, key));
  if (clientCa !== null) await engine.putFile(containerId, tlsFiles.folder, fileOf(tlsFiles.clientCa, clientCa));
}

function fileOf(name: string, text: string): FileToPut {
  const bytes = Buffer.from(text);
  // one piece, and nothing to wait for
  const content = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes;
  };
  return { name, byteLength: bytes.length, content, mode: 0o400 };
}
