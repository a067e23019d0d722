/** Who the processes of an image's nodes are, and what they may do. */
import { z } from "zod";
import { noneOf, reading, text } from "./fields.js";

const account = "[A-Za-z0-9_][A-Za-z0-9_.-]*";

export const user = text
  .regex(new RegExp(`^${account}(:${account})?$`), { error: 'must be a user, such as node, "1000" or "1000:1000"' })
  .describe("User, and group after a colon, by name or number; default the image's own.");

/** capabilities(7). */
const capabilities = [
  "ALL",
  "AUDIT_CONTROL",
  "AUDIT_READ",
  "AUDIT_WRITE",
  "BLOCK_SUSPEND",
  "BPF",
  "CHECKPOINT_RESTORE",
  "CHOWN",
  "DAC_OVERRIDE",
  "DAC_READ_SEARCH",
  "FOWNER",
  "FSETID",
  "IPC_LOCK",
  "IPC_OWNER",
  "KILL",
  "LEASE",
  "LINUX_IMMUTABLE",
  "MAC_ADMIN",
  "MAC_OVERRIDE",
  "MKNOD",
  "NET_ADMIN",
  "NET_BIND_SERVICE",
  "NET_BROADCAST",
  "NET_RAW",
  "PERFMON",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYSLOG",
  "SYS_ADMIN",
  "SYS_BOOT",
  "SYS_CHROOT",
  "SYS_MODULE",
  "SYS_NICE",
  "SYS_PACCT",
  "SYS_PTRACE",
  "SYS_RAWIO",
  "SYS_RESOURCE",
  "SYS_TIME",
  "SYS_TTY_CONFIG",
  "WAKE_ALARM",
];

const capability = reading((value, refuse): string => {
  const name = typeof value === "string" ? value.toUpperCase().replace(/^CAP_/, "") : "";
  return capabilities.includes(name) ? name : refuse(`${JSON.stringify(value)} is no capability${meant(name)}`);
}).meta({ type: "string" });

function meant(name: string): string {
  const [, advice = ": see capabilities(7)"] = /(; did you mean .*)$/.exec(noneOf(name, capabilities)) ?? [];
  return advice;
}

export const capAdd = z
  .array(capability, { error: "must be a list of capabilities, such as [SYS_NICE]" })
  .describe("Capabilities that each node has besides the engine's usual ones, such as SYS_NICE.");
