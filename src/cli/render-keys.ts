import type { ChalkInstance } from "chalk";
import type { KeyValue } from "../cluster/store-client.js";
import type { NamedObject, ObjectDeletion, ObjectWrite, RaftDeletion, RaftWrite } from "../cluster/keys/keys.js";
import type { ObjectSibling } from "../cluster/keys/object-client.js";
import { formatObjectName } from "../cluster/keys/object-name.js";
import { escapeControls } from "../logs/format.js";
import { formatTable } from "./table.js";

/** `ok, revision 5` · `ok` · `ok, in place of 2 siblings` · `ok, now 2 siblings`, with what they are and how to end that. */
export function renderWrite(written: RaftWrite | ObjectWrite, chalk: ChalkInstance): string {
  if ("revision" in written) return `ok, revision ${written.revision}`;
  const { siblings, resolved } = written;
  const instead = resolved !== null && resolved > 1 ? `, in place of ${resolved} siblings` : "";
  if (siblings.length < 2) return `ok${instead}`;
  const others = siblings.length === 2 ? "the other one" : "the others";
  return [
    chalk.yellow(`ok${instead}, now ${siblings.length} siblings: the write did not follow from ${others}`),
    renderSiblings(siblings, chalk),
    chalk.dim(`devious put ${formatObjectName(written)} <value> --resolve takes the place of all of them`),
  ].join("\n");
}

/** The value, where there is one; else the siblings in a table. */
export function renderFound(found: KeyValue | NamedObject, chalk: ChalkInstance): string {
  if ("value" in found) return found.value;
  const [one, ...others] = found.siblings;
  if (one !== undefined && others.length === 0) return textOf(one);
  return [
    chalk.yellow(`${found.siblings.length} siblings: writes that did not know of each other`),
    renderSiblings(found.siblings, chalk),
    chalk.dim(`devious put ${formatObjectName(found)} <value> --resolve takes the place of all of them`),
  ].join("\n");
}

export function renderDeletion({ deleted }: RaftDeletion | ObjectDeletion): string {
  return deleted === 0 || deleted === false ? "there was no such key" : "deleted";
}

function renderSiblings(siblings: readonly ObjectSibling[], chalk: ChalkInstance): string {
  const header = ["VALUE", "WRITTEN", "THROUGH", "TAG"].map((title) => chalk.dim(title));
  const rows = siblings.map((sibling) => [
    sibling.isDeletion ? chalk.red("(deleted)") : shortened(escapeControls(textOf(sibling))),
    sibling.writtenAt ?? "-",
    sibling.through ?? "-",
    sibling.vtag ?? "-",
  ]);
  return formatTable([header, ...rows]);
}

const valueColumns = 40;

function shortened(text: string): string {
  return text.length > valueColumns ? `${text.slice(0, valueColumns - 1)}…` : text;
}

function textOf({ value, base64 }: ObjectSibling): string {
  return value ?? `base64:${base64}`;
}
