/**
 * What the CLI and the agent say to each other: one JSON object a line, requests on the agent's stdin, replies on its stderr
 * (docs/architecture.md, "A command reaches the agent"). A reply carries the `id` of its request; replies may come in another order.
 */
import { DeviousError, type ErrorCode, errorCodes } from "../core/errors.js";
import type { Distribution } from "./impairment.js";
import type { ActiveFault, Fault } from "./fault.js";
import type { Listener } from "./listener.js";
import type { Proof } from "./proof.js";
import type { StandingLink } from "./standing-link.js";

/** Requests by `op`, without the id. Node names in them are resolved: `leader` and `all` are the CLI's words. */
export type Operation =
  /** Answers when the fault is in force and was read back, with `verify` also measured, or, rolled back, with the error. */
  | {
      readonly op: "apply";
      readonly fault: Fault;
      readonly durationMs: number | null;
      /** What the fault's random choices were drawn from; null where nothing was random. */
      readonly seed: number | null;
      readonly verify: boolean;
    }
  /** Answers when everything healed is clean again. Healing what is not there heals nothing, except by an unknown id. */
  | { readonly op: "heal"; readonly what: HealTarget }
  /**
   * How links are to be besides all faults, all of it: asking twice is asking once. Answers when it is in force and was read back, or, with
   * everything as before, with the error.
   */
  | { readonly op: "links"; readonly links: readonly StandingLink[] }
  /** Ends whatever keeps these nodes down, for these nodes alone, and starts those that do not run, whoever stopped them. */
  | { readonly op: "start"; readonly nodes: readonly string[] }
  | { readonly op: "list" }
  | { readonly op: "probe" }
  /** Tries out everything, which takes a moment: for who wants to know, never before something is to be done. */
  | { readonly op: "examine" }
  /** The rules in the network namespaces of these nodes and the packets they met, as the tools print them: for a person to read. */
  | { readonly op: "rules"; readonly nodes: readonly string[] }
  /** On which TCP ports the programs of these nodes listen. */
  | { readonly op: "listening"; readonly nodes: readonly string[] }
  | { readonly op: "ping" };

/** `node`: every fault that concerns this node (./fault.ts), as a whole, with its other nodes. */
export type HealTarget =
  { readonly by: "id"; readonly id: string } | { readonly by: "node"; readonly node: string } | { readonly by: "all" };

export type Request = Operation & {
  /** Random, chosen by the one who asks. */
  readonly id: string;
};

/** An active fault as people want to see it. */
export interface FaultView extends ActiveFault {
  /** The fault in one line, {@link ./fault.ts describeFault}. */
  readonly description: string;
  /** Null: it stays until healed. */
  readonly timeLeftMs: number | null;
  /** Node -> why the fault is not in force there just now; the agent keeps trying. Empty when all is as asked. */
  readonly troubles: Readonly<Record<string, string>>;
  /** Null while it is being brought into force. */
  readonly proof: Proof | null;
}

/** A link of the spec as people want to see it. */
export interface LinkView extends StandingLink {
  /** {@link ./standing-link.ts describeStandingLink}. */
  readonly description: string;
  /** As {@link FaultView.troubles}. */
  readonly troubles: Readonly<Record<string, string>>;
}

/** The tools that can cut links, the better one first. */
export const cutTools = ["nft", "iptables"] as const;
export type CutTool = (typeof cutTools)[number];

export interface Capabilities {
  /** What cuts links: an nft table, iptables chains where the kernel has no nft, or nothing. */
  readonly cut: CutTool | "none";
  readonly netem: boolean;
  readonly ipv6: boolean;
}

/** What faults stand on besides netem, each tried by itself in a network namespace of its own. */
export type KernelFeature = "nft" | "iptables" | "ip6tables" | "htb" | "tbf" | "u32" | "ifb" | "mirred";

/** All that can be seen of the engine's machine from inside a container. */
export interface Examination extends Capabilities {
  readonly features: Readonly<Record<KernelFeature, boolean>>;
  /** Shapes of jitter that netem can be given. */
  readonly distributions: readonly Distribution[];
  readonly cgroup: { readonly version: 1 | 2; readonly freezer: boolean };
  /** What one user may have open; null where the kernel does not say. */
  readonly inotify: { readonly instances: number; readonly watches: number } | null;
  /** Bytes left where the engine keeps its containers. */
  readonly freeBytes: number;
}

/** What a reply brings, by the `op` of its request. */
export interface Results {
  readonly apply: { readonly fault: FaultView };
  readonly start: { readonly started: readonly string[] };
  readonly heal: { readonly healed: readonly ActiveFault[] };
  readonly links: { readonly links: readonly LinkView[] };
  /** An agent of an earlier version knows of no links. */
  readonly list: { readonly faults: readonly FaultView[]; readonly links?: readonly LinkView[] };
  readonly probe: Capabilities;
  readonly examine: Examination;
  /** By node. */
  readonly rules: { readonly texts: Readonly<Record<string, string>> };
  /** By node. */
  readonly listening: { readonly listeners: Readonly<Record<string, readonly Listener[]>> };
  readonly ping: { readonly cluster: string; readonly startedAtMs: number };
}
export type Op = keyof Results;
export type ResultOf<O extends Op> = Results[O];

/** {@link DeviousError} as JSON. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
  readonly details: readonly string[];
}

export type Reply =
  | { readonly id: string; readonly ok: true; readonly result: Results[Op] }
  | { readonly id: string; readonly ok: false; readonly error: WireError };

/** The request as the text to write: the newline before it ends whatever half line a killed CLI left behind. */
export function encodeRequest(request: Request): string {
  return `\n${JSON.stringify(request)}\n`;
}

export function encodeReply(reply: Reply): string {
  return `${JSON.stringify(reply)}\n`;
}

/** The reply on this line of the agent's stderr; undefined for anything else that may be there. */
export function decodeReply(line: string): Reply | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("id" in value) || typeof value.id !== "string") return undefined;
  if (!("ok" in value) || typeof value.ok !== "boolean") return undefined;
  return value as Reply;
}

export function toWireError(error: DeviousError): WireError {
  return { code: error.code, message: error.message, hint: error.hint ?? null, details: error.details };
}

/** The error the agent meant. A code that this version does not know becomes FAULT_NOT_APPLIED. */
export function fromWireError(error: WireError): DeviousError {
  const code: ErrorCode = error.code in errorCodes ? error.code : "FAULT_NOT_APPLIED";
  return new DeviousError(code, error.message, { hint: error.hint ?? undefined, details: error.details });
}
