// Shows what the agent concludes from its probes of the kernel, and that it concludes nothing for good that may change.
import { expect, test } from "vitest";
import { createKernel } from "../../src/agent/capabilities.js";
import type { Output } from "../../src/agent/command.js";

const works: Output = { exitCode: 0, stdout: "", stderr: "", cutShort: false };
const fails = (stderr: string): Output => ({ exitCode: 1, stdout: "", stderr, cutShort: false });
const killed: Output = { exitCode: 127, stdout: "", stderr: "nft was ended by SIGKILL (limit 5000 ms)", cutShort: true };
const noNft = fails("/dev/stdin:1:1-20: Error: Could not process rule: Operation not supported");
const nftTrouble = fails("Error: Could not process rule: Cannot allocate memory");
const noIptables = fails("can't initialize iptables table `filter': Table does not exist (do you need to insmod?)");
const noNetem = fails("Error: Specified qdisc kind is unknown.");

/** A kernel whose tools answer one after the other as told, and then as the last time; `runs` counts. */
function kernelWith(answers: { readonly nft?: Output[]; readonly iptables?: Output[]; readonly tc?: Output[] }) {
  const runs = { nft: 0, iptables: 0, tc: 0 };
  const kernel = createKernel(async (command) => {
    const tool = (["nft", "iptables", "tc"] as const).find((name) => command.includes(name));
    if (tool === undefined) throw new Error(`the test knows no ${command.join(" ")}`);
    const answer = answers[tool]?.[Math.min(runs[tool]++, answers[tool].length - 1)];
    if (answer === undefined) throw new Error(`${tool} was not to be asked`);
    return answer;
  });
  return { kernel, runs };
}

const unknown = expect.objectContaining({ code: "FAULT_NOT_APPLIED" }) as unknown;

test.each<[string, Parameters<typeof kernelWith>[0], readonly unknown[], number]>([
  ["nft, for good", { nft: [works] }, ["nft", "nft"], 1],
  ["iptables, for good, where the kernel has no nft", { nft: [noNft], iptables: [works] }, ["iptables", "iptables"], 1],
  ["iptables for now, where nft only had trouble", { nft: [nftTrouble, works], iptables: [works] }, ["iptables", "nft"], 2],
  ["none for now: somebody may load the module", { nft: [noNft, works], iptables: [noIptables] }, ["none", "nft", "nft"], 2],
  ["nothing, from an nft that was killed", { nft: [killed, works] }, [unknown, "nft"], 2],
  ["nothing, from an iptables that was killed", { nft: [noNft], iptables: [killed, works] }, [unknown, "iptables"], 2],
])("links are cut by: %s", async (_, answers, expected, nftRuns) => {
  const { kernel, runs } = kernelWith(answers);
  for (const each of expected) expect(await kernel.cut().catch((error: unknown) => error)).toEqual(each);
  expect(runs.nft).toBe(nftRuns);
});

test("netem is asked for until it is there", async () => {
  const { kernel, runs } = kernelWith({ tc: [noNetem, killed, noNetem, works] });
  const answers: unknown[] = [];
  for (let time = 0; time < 5; time++) answers.push(await kernel.netem().catch((error: unknown) => error));
  expect(answers).toEqual([false, unknown, false, true, true]);
  expect(runs.tc).toBe(4);
});

test("those who ask at the same time share one probe", async () => {
  const { kernel, runs } = kernelWith({ nft: [noNft], iptables: [noIptables], tc: [noNetem] });
  await Promise.all([kernel.cut(), kernel.cut(), kernel.netem(), kernel.netem()]);
  expect(runs).toEqual({ nft: 1, iptables: 1, tc: 1 });
});

test("every feature is tried in a namespace of its own, and what fails is missing", async () => {
  const ran: string[] = [];
  const kernel = createKernel(async (command, input = "") => {
    const line = command.join(" ");
    ran.push(line);
    return line.includes("tbf") || input.includes("flowid") || line.includes("ifb") ? fails("no such thing") : works;
  });
  const { features } = await kernel.examine();
  expect(features).toEqual({
    nft: true,
    iptables: true,
    ip6tables: true,
    htb: true,
    tbf: false,
    u32: false,
    ifb: false,
    mirred: true,
  });
  for (const line of ran) expect(line).toMatch(/^unshare --net -- /);
});
