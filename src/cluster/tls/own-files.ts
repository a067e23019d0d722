import { X509Certificate, createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { createSecureContext } from "node:tls";
import { DeviousError, messageOf } from "../../core/errors.js";
import type { TlsSpec } from "../../spec/cluster-spec.js";

interface OwnFiles {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | null;
  /** RFC 3339 of what was, where the certificate has ended: whoever wants to see what clients say to that may. */
  readonly endedAt: string | null;
}

/** The user's files, read and tried before anything is made. Throws SPEC_INVALID with one sentence: which of them, and what is wrong. */
export async function readOwnFiles(
  spec: Extract<TlsSpec, { kind: "files" }>,
  service: string,
  folder: string,
  nowMs: number,
): Promise<OwnFiles> {
  const place = (what: string, file: string): string => `${service}: tls.${what}: ${path.resolve(folder, file)}`;
  const [atCert, atKey] = [place("cert", spec.cert), place("key", spec.key)];
  const [cert, key, clientCa] = await Promise.all([
    textOf(folder, spec.cert, atCert),
    textOf(folder, spec.key, atKey),
    spec.clientCa === null ? null : textOf(folder, spec.clientCa, place("clientCa", spec.clientCa)),
  ]);
  const certificate = certificateIn(cert, atCert);
  if (!certificate.checkPrivateKey(keyIn(key, atKey))) {
    throw unusable(atKey, `is not the key of the certificate in ${path.resolve(folder, spec.cert)}`);
  }
  if (clientCa !== null) certificateIn(clientCa, place("clientCa", spec.clientCa ?? ""));
  try {
    createSecureContext({ cert, key, ...(clientCa === null ? {} : { ca: clientCa }) });
  } catch (cause) {
    throw unusable(atCert, `cannot be served: ${messageOf(cause)}`);
  }
  const endsMs = Date.parse(certificate.validTo);
  return { cert, key, clientCa, endedAt: endsMs < nowMs ? new Date(endsMs).toISOString() : null };
}

async function textOf(folder: string, file: string, place: string): Promise<string> {
  return readFile(path.resolve(folder, file), "utf8").catch((cause: NodeJS.ErrnoException) => {
    const why = { ENOENT: "is not there", EISDIR: "is a folder", EACCES: "may not be read by you" }[cause.code ?? ""];
    throw unusable(place, why ?? `cannot be read: ${cause.message}`);
  });
}

function certificateIn(text: string, place: string): X509Certificate {
  try {
    if (text.includes("-----BEGIN CERTIFICATE-----")) return new X509Certificate(text);
  } catch {
    // said below
  }
  throw unusable(place, "holds no certificate in PEM");
}

function keyIn(text: string, place: string): ReturnType<typeof createPrivateKey> {
  if (/-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(text))
    throw unusable(place, "needs a passphrase: nodes have nobody to ask");
  try {
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return createPrivateKey(text);
  } catch {
    // said below
  }
  throw unusable(place, "holds no private key in PEM");
}

function unusable(place: string, why: string): DeviousError {
  return new DeviousError("SPEC_INVALID", `${place} ${why}`, {
    hint: "Files in `tls` are PEM, and are looked up from the spec's folder; `tls: auto` makes some.",
  });
}
