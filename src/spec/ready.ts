/** How to tell that a node of an image is ready. */
import {
  duration,
  durationOrNone,
  mapping,
  portNumber,
  templated,
  templatedExpression,
  wholeNumber,
  command,
  unless,
} from "./fields.js";
import { isMapping, misfitAt } from "./names.js";
import type { Misfit, Named } from "./names.js";
import { readyDefaults } from "./own-image.js";
import type { ReadyProbe, ReadySpec } from "./own-image.js";
import { problemWithPort } from "./ports.js";
import type { PublishedPort } from "./own-image.js";
import type { z } from "zod";

/** The path of an HTTP request. */
export const httpPath = templated.superRefine(
  unless((path) => {
    if (!path.startsWith("/")) return "must start with /";
    return /\s/.test(path) ? "cannot have spaces in it: write %20" : undefined;
  }),
);

const probes = ["http", "tcp", "log", "exec"] as const;

export const ready = mapping(
  {
    http: httpPath.optional().describe("Path to GET on a published port; an answer 2xx is ready."),
    port: portNumber.optional().describe("Of `http`: one of the service's `ports`; may be left out where there is one alone."),
    status: wholeNumber(100, 599).optional().describe("Of `http`: the one status that is ready; default any 2xx."),
    tcp: portNumber.optional().describe("Or one of the service's `ports`; ready once somebody listens on it."),
    log: templatedExpression((pattern) => new RegExp(pattern), "that is found in a line of a node that is ready")
      .optional()
      .describe("Or a regular expression; ready once it is found in a line that this run of the node has written."),
    exec: command.optional().describe("Or a command in the node; ready once it ends with exit code 0."),
    interval: duration.optional().describe("Between two attempts, at most; default 200ms."),
    attempt_timeout: duration.optional().describe("For one attempt; default 5s."),
    timeout: duration.optional().describe("For all attempts, from the container's start; default as long as `up` waits."),
    retries: wholeNumber(1, 10_000)
      .optional()
      .describe("Failed attempts in a row after which the node is given up; default none, time alone decides."),
    start_period: durationOrNone
      .optional()
      .describe("From the container's start; failures within it are not counted as `retries`. Default 0s."),
  },
  "such as { http: /healthz } or { tcp: 8080 }",
)
  .meta({ oneOf: probes.map((probe) => ({ required: [probe] })) })
  .describe(
    "How to tell that a node is ready: one of http, tcp, log and exec. Default: it has run for a moment, takes connections on all of its `ports`, and is healthy where its image has a health check.",
  );

export type ReadyFile = z.output<typeof ready>;

/** `ready` has no misfits. */
export function readySpec(ready: ReadyFile, ports: readonly PublishedPort[]): ReadySpec {
  return {
    probe: probeOf(ready, ports),
    intervalMs: ready.interval ?? readyDefaults.intervalMs,
    attemptTimeoutMs: ready.attempt_timeout ?? readyDefaults.attemptTimeoutMs,
    timeoutMs: ready.timeout ?? readyDefaults.timeoutMs,
    retries: ready.retries ?? readyDefaults.retries,
    startPeriodMs: ready.start_period ?? readyDefaults.startPeriodMs,
  };
}

function probeOf({ http, port, status, tcp, log, exec = [] }: ReadyFile, ports: readonly PublishedPort[]): ReadyProbe {
  if (http !== undefined) return { by: "http", port: port ?? ports[0]?.container ?? 0, path: http, status: status ?? null };
  if (tcp !== undefined) return { by: "tcp", port: tcp };
  return log === undefined ? { by: "exec", command: exec } : { by: "log", pattern: log };
}

export function checkReady({ path, keys }: Named): readonly Misfit[] {
  const ready = keys?.["ready"];
  if (!isMapping(ready)) return [];
  const at = [...path, "ready"];
  const [probe, ...more] = probes.filter((one) => one in ready);
  if (probe === undefined) return [misfitAt(at, `needs one of ${probes.join(", ")}`, "key")];
  if (more.length > 0) return more.map((one) => misfitAt([...at, one], `${probe} tells already: only one of them can`, "key"));
  const strays = ["port", "status"]
    .filter((key) => probe !== "http" && key in ready)
    .map((key) => misfitAt([...at, key], `is for http; ${probe} has none`, "key"));
  const port = probe === "http" ? problemWithPort(ready["port"], keys) : undefined;
  const tcp = probe === "tcp" ? problemWithPort(ready["tcp"], keys) : undefined;
  return [
    ...strays,
    ...(port === undefined ? [] : [misfitAt([...at, "port" in ready ? "port" : "http"], port)]),
    ...(tcp === undefined ? [] : [misfitAt([...at, "tcp"], tcp)]),
  ];
}
