import { DeviousError } from "../core/errors.js";
import type { Engine, EngineFacts } from "../engine/port.js";
import { findTools } from "../image/host-files.js";
import { chooseBase } from "../image/recipe.js";
import { askAgent } from "./agent-client.js";
import { observeAll } from "./observe.js";

/** One thing looked at; `warning`: most works without it. */
export interface Finding {
  readonly what: string;
  readonly state: "ok" | "warning" | "missing";
  readonly says: string;
  readonly mend?: string | undefined;
}

/** Looks at everything devious stands on; changes nothing and never throws for what it finds. */
export async function examine(engine: Engine): Promise<readonly Finding[]> {
  const node: Finding = { what: "node", state: "ok", says: process.version };
  const facts = await attempt(() => engine.facts());
  if (facts instanceof DeviousError) return [node, { what: "engine", state: "missing", says: facts.message, mend: facts.hint }];
  return [
    node,
    {
      what: "engine",
      state: "ok",
      says: `Docker ${facts.version} (API ${facts.apiVersion}, ${facts.os}/${facts.arch}) at ${facts.address}`,
    },
    await imageFinding(facts),
    ...(await kernelFindings(engine)),
  ];
}

async function imageFinding(facts: EngineFacts): Promise<Finding> {
  const base = chooseBase(facts, { platform: process.platform, arch: process.arch });
  if (base === "registry") return { what: "image", state: "ok", says: "registry base: the first `up` pulls a slim Node image" };
  const tools = await attempt(findTools);
  return tools instanceof DeviousError
    ? { what: "image", state: "missing", says: tools.message, mend: tools.hint }
    : { what: "image", state: "ok", says: "local base: made from this machine's own files" };
}

/** Only an agent can look into the engine's kernel. */
async function kernelFindings(engine: Engine): Promise<readonly Finding[]> {
  const agent = (await observeAll(engine)).map((cluster) => cluster.agent).find((one) => one?.state === "running");
  if (agent === undefined) {
    return [
      {
        what: "kernel",
        state: "warning",
        says: "faults are checked through a running cluster, and none is up",
        mend: "devious up && devious doctor",
      },
    ];
  }
  const probed = await attempt(() => askAgent(engine, agent.id, { op: "probe" }));
  if (probed instanceof DeviousError) return [{ what: "kernel", state: "missing", says: probed.message, mend: probed.hint }];
  const cut: Finding =
    probed.cut === "none"
      ? {
          what: "partitions",
          state: "missing",
          says: "the kernel has neither nf_tables nor iptables",
          mend: "modprobe nf_tables",
        }
      : { what: "partitions", state: "ok", says: `by ${probed.cut}${probed.ipv6 ? ", IPv4 and IPv6" : ", IPv4"}` };
  const netem: Finding = probed.netem
    ? { what: "delays", state: "ok", says: "by netem" }
    : {
        what: "delays",
        state: "warning",
        says: "the kernel has no netem: `chaos delay` is refused, everything else works",
        mend: "modprobe sch_netem; its package is linux-modules-extra-$(uname -r) on Ubuntu, kernel-modules-extra on Fedora",
      };
  return [cut, netem];
}

/** The result, or the expected trouble as a value. */
async function attempt<T>(run: () => Promise<T>): Promise<T | DeviousError> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof DeviousError) return error;
    throw error;
  }
}
