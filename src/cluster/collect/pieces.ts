import { writeFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import { label } from "../../core/labels.js";
import { chaosNode } from "../../core/log-record.js";
import { maskSecrets } from "../../core/secrets.js";
import { shipperNode } from "../../core/ship-contract.js";
import type { ContainerInfo, Engine } from "../../engine/port.js";
import { writeArchive } from "../../logs/archive-writer.js";
import { entryJson } from "../../logs/entry-json.js";
import { readEntries } from "../../logs/tail.js";
import { collectedLog } from "../../workspace/archives.js";
import { askAgent } from "../agent-client.js";
import { hasSpec, specText } from "../archive.js";
import { examine, type Installation } from "../doctor/examine.js";
import { type Observed, containersOf } from "../observe.js";
import { activeFaults, clusterStatus } from "../status.js";
import { writeRawLog } from "./raw-log.js";

/** One file of a collection. */
export interface Piece {
  readonly name: string;
  /** For whoever opens the folder. */
  readonly what: string;
  /** Throws where it cannot be had. */
  readonly write: (file: string) => Promise<void>;
}

/** Everything that helps somebody else to see what happened in this cluster. Looking changes nothing. */
export function piecesOf(
  installation: Installation,
  found: Observed,
  mask: (text: string) => string,
  signal: AbortSignal,
): readonly Piece[] {
  const { engine } = installation;
  const asWhom = (one: ContainerInfo): string => {
    if (one === found.agent) return chaosNode;
    return one === found.shipper ? shipperNode : (one.labels[label.node] ?? one.name);
  };
  const containers = containersOf(found).map((one) => ({ id: one.id, name: one.name, as: fileName(asWhom(one)) }));
  const story = () => readEntries(engine, found.name, { follow: false, life: true, signal });
  const json = (name: string, what: string, get: () => Promise<unknown>): Piece => jsonPiece(mask, name, what, get);
  return [
    json("status.json", "how every node was: role, term, health, ports; and how sending the logs went", () =>
      clusterStatus(engine, found, { withHash: false }),
    ),
    json("faults.json", "the faults that were active", async () => existing(await activeFaults(engine, found), silentAgent)),
    json("versions.json", "of devious, Node, the engine and its kernel", () => versions(installation)),
    json("doctor.json", "what `devious doctor` finds on the machine", () => examine(installation, signal)),
    ...(found.owner === undefined || !hasSpec(found.owner) ? [] : [specPiece(mask, found.owner)]),
    ...containers.map(({ id, name }) => inspectPiece(mask, engine, "container", id, name)),
    ...found.networks.map(({ id, name }) => inspectPiece(mask, engine, "network", id, name)),
    ...found.volumes.map(({ name }) => inspectPiece(mask, engine, "volume", name, name)),
    ...found.nodes.map(({ node }) => networkPiece(engine, found, node)),
    ...containers.map(({ id, as }) => ({
      name: `raw/${as}.log`,
      what: "what one container said, as the engine has it, with its stamps; values of secret variables masked",
      write: (file: string) => writeRawLog(engine, id, file, mask, signal),
    })),
    {
      name: collectedLog,
      what: "what all of them said, one JSON record a line, in order; `devious logs --archive` reads it",
      write: async (file) => void (await writeArchive(file, story(), (entry) => mask(entryJson(entry)), signal)),
    },
  ];
}

const silentAgent = "the agent does not answer";

function existing<T>(value: T | null | undefined, otherwise: string): T {
  if (value === null || value === undefined) throw new Error(otherwise);
  return value;
}

function jsonPiece(mask: (text: string) => string, name: string, what: string, get: () => Promise<unknown>): Piece {
  return { name, what, write: async (file) => writeFile(file, mask(`${JSON.stringify(await get(), null, 2)}\n`)) };
}

async function versions({ engine, version }: Installation): Promise<unknown> {
  const [facts, resources] = await Promise.all([engine.facts(), engine.resources()]);
  const { platform, arch } = process;
  return { devious: version, node: process.version, platform, arch, engine: { ...facts, ...resources } };
}

/** Its comments are left out, lest there be secrets in them: what they mean cannot be told. */
function specPiece(mask: (text: string) => string, folder: string): Piece {
  return {
    name: "spec.yaml",
    what: "the folder's spec, secrets masked, without its comments",
    write: async (file) => {
      const text = existing(await specText(folder), "it is gone");
      await writeFile(file, mask(stringify(maskSecrets(parse(text)))));
    },
  };
}

function inspectPiece(
  mask: (text: string) => string,
  engine: Engine,
  kind: "container" | "network" | "volume",
  id: string,
  name: string,
): Piece {
  const prefix = kind === "container" ? "" : `${kind}-`;
  return jsonPiece(
    mask,
    `inspect/${prefix}${fileName(name)}.json`,
    `the ${kind} as the engine knows it, secrets masked`,
    async () => maskSecrets(existing(await engine.inspectAll(kind, id), `the ${kind} is gone`)),
  );
}

function networkPiece(engine: Engine, { agent }: Observed, node: string): Piece {
  return {
    name: `net/${fileName(node)}.txt`,
    what: "addresses, queues, filters and cuts in a node's network namespace",
    write: async (file) => {
      // a stopped one is left alone: looking changes nothing
      if (agent?.state !== "running") throw new Error(silentAgent);
      const { texts } = await askAgent(engine, agent.id, { op: "rules", nodes: [node] });
      await writeFile(file, existing(texts[node], "the agent said nothing about it"));
    },
  };
}

/** Names come from labels, which anybody may write. */
function fileName(name: string): string {
  return name.replace(/[^\w.-]/g, "_").replace(/^\.+/, "_");
}
