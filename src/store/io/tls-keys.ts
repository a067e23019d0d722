import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { messageOf } from "../../core/errors.js";
import { tlsFiles } from "../../core/node-contract.js";
import type { TlsClients } from "../node-options.js";

/** PEM texts. With `clientCa`, clients must show a certificate of that authority. */
export interface TlsKeys {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string;
}

/** What whoever made this container has put into it. Throws an Error with one sentence where it is not there or cannot be used. */
export function readTlsKeys(clients: TlsClients): TlsKeys {
  const read = (name: string): string => readFileSync(`${tlsFiles.folder}/${name}`, "utf8");
  try {
    const pair = { cert: read(tlsFiles.cert), key: read(tlsFiles.key) };
    createSecureContext(pair);
    return clients === "any" ? pair : { ...pair, clientCa: read(tlsFiles.clientCa) };
  } catch (cause) {
    throw new Error(`the certificates in ${tlsFiles.folder} cannot be used: ${messageOf(cause)}`, { cause });
  }
}
