import { label } from "../../core/labels.js";
import type { Labels } from "../../engine/port.js";

/** What whoever comes as a client has to know of a node that takes clients over TLS; on its container, as JSON. */
export interface TlsLabel {
  /** File with the authority that clients trust, where devious made it. */
  readonly ca: string | null;
  /** Files with what devious shows as a client, where clients must show something. */
  readonly client: { readonly cert: string; readonly key: string } | null;
}

/** Null: clients come in plain text. */
export function tlsOf(labels: Labels): TlsLabel | null {
  const text = labels[label.tls];
  return text === undefined ? null : (JSON.parse(text) as TlsLabel);
}
