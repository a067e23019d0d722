// Shows what `up` plans for the links of a spec: what is new, other or gone, and what a cluster that boots anew has meanwhile.
import { describe, expect, test } from "vitest";
import type { StandingLink } from "../../src/chaos/standing-link.js";
import { asksForNetem, describeLinkStep, planLinks } from "../../src/cluster/links.js";
import { ledgerVolumeName } from "../../src/cluster/names.js";
import type { Observed } from "../../src/cluster/observe.js";
import type { ContainerState } from "../../src/engine/port.js";
import { type ClusterSpec, type LinkProfile, defaultSpec } from "../../src/spec/cluster-spec.js";

const slow: LinkProfile = {
  between: ["eu", "us"],
  nodes: [["n1"], ["n2", "n3"]],
  delayMs: 80,
  jitterMs: 5,
  loss: 0.01,
  rateBits: 10e6,
};
const narrow: LinkProfile = {
  between: ["n2", "n3"],
  nodes: [["n2"], ["n3"]],
  delayMs: 0,
  jitterMs: 0,
  loss: 0,
  rateBits: 1e6,
};

const asking = (...links: readonly LinkProfile[]): ClusterSpec => ({ ...defaultSpec("demo"), links });

/** A cluster whose nodes and agent are in these states; undefined: there is none. */
function found(nodes: ContainerState | undefined, agent: ContainerState | undefined, changes: Partial<Observed> = {}): Observed {
  const container = (name: string, state: ContainerState) => ({ id: name, name, image: "i", labels: {}, state });
  return {
    name: "demo",
    owner: "/demo",
    networks: [],
    nodes: nodes === undefined ? [] : ["n1", "n2", "n3"].map((node) => ({ ...container(node, nodes), node, service: "store" })),
    agent: agent === undefined ? undefined : container("chaos", agent),
    shipper: undefined,
    strays: [],
    volumes: [],
    ...changes,
  };
}

/** What the agent holds when a spec asks for these. */
function held(...links: readonly LinkProfile[]): readonly StandingLink[] {
  const step = planLinks(asking(...links), found(undefined, undefined), true, null);
  return step.kind === "keep" ? [] : step.links;
}

test("a spec's figures are the agent's: one way, in percent, jitter as `chaos slow` has it", () => {
  expect(held(slow, narrow)).toEqual([
    {
      between: ["eu", "us"],
      nodes: [["n1"], ["n2", "n3"]],
      impairment: {
        delay: { timeMs: 80, jitterMs: 5, correlation: 0, distribution: "normal" },
        loss: { model: "random", percent: 1, correlation: 0 },
        duplicate: null,
        corrupt: null,
        reorder: null,
        rate: { bitsPerSecond: 10e6, burstBytes: null },
      },
    },
    expect.objectContaining({ impairment: expect.objectContaining({ delay: null, loss: null }) }),
  ]);
});

describe("on a cluster that runs", () => {
  const up = found("running", "running");
  const eu = "eu <-> us delay 80ms jitter 5ms loss 1% rate 10mbit";

  test.each<[string, readonly LinkProfile[], readonly LinkProfile[], readonly string[]]>([
    ["the same", [slow, narrow], [slow, narrow], []],
    ["in another order", [slow, narrow], [narrow, slow], []],
    ["one more", [slow], [slow, narrow], ["make links n2 <-> n3 rate 1mbit"]],
    ["one less", [slow, narrow], [narrow], [`no longer hold links ${eu}`]],
    ["another figure", [slow], [{ ...slow, delayMs: 20 }], [`change links ${eu.replace("80", "20")}`]],
    [
      "one more node in a zone",
      [slow],
      [
        {
          ...slow,
          nodes: [
            ["n1", "n4"],
            ["n2", "n3"],
          ],
        },
      ],
      [`change links ${eu}`],
    ],
    ["none any more", [slow], [], [`no longer hold links ${eu}`]],
  ])("%s", (_, before, asked, steps) => {
    const step = planLinks(asking(...asked), up, false, held(...before));
    expect(describeLinkStep(step)).toEqual(steps);
    expect(step.kind).toBe(steps.length === 0 ? "keep" : "set");
  });

  test("an agent that does not answer is missed only where links are asked", () => {
    expect(planLinks(asking(), up, false, null)).toEqual({ kind: "keep" });
    expect(planLinks(asking(slow), up, false, null)).toMatchObject({ kind: "set", before: null, plainMeanwhile: false });
  });

  test("a node that boots alone boots on the links as they are", () => {
    expect(planLinks(asking(slow), up, true, held(slow))).toEqual({ kind: "keep" });
  });
});

describe("a cluster that boots", () => {
  const ledger = { volumes: [{ name: ledgerVolumeName("demo"), labels: {} }] };

  test("for the first time has nothing to be taken away, and asks nothing of the agent without links", () => {
    expect(planLinks(asking(), found(undefined, undefined), true, null)).toEqual({ kind: "keep" });
    expect(planLinks(asking(slow), found(undefined, undefined), true, null)).toMatchObject({ plainMeanwhile: false });
  });

  test.each<[string, Observed]>([
    ["whose agent stopped with it", found("exited", "exited")],
    ["whose agent was removed", found("exited", undefined, ledger)],
  ])("again, %s, boots on plain links and has its own at the end", (_, observed) => {
    expect(planLinks(asking(slow), observed, true, null)).toMatchObject({ kind: "set", plainMeanwhile: true });
  });

  test("again, as before, says that its links are made again", () => {
    const step = planLinks(asking(narrow), found("exited", "running"), true, held(narrow));
    expect(step).toMatchObject({ kind: "set", plainMeanwhile: true });
    expect(describeLinkStep(step)).toEqual(["make links n2 <-> n3 rate 1mbit"]);
  });

  test("not, since faults keep all of it down, is left as it is", () => {
    expect(planLinks(asking(slow), found("exited", "running"), false, held(slow))).toEqual({ kind: "keep" });
  });
});

test("a link with nobody at one end is none", () => {
  const step = planLinks(asking({ ...slow, nodes: [["n1"], []] }), found("running", "running"), false, []);
  expect(step).toEqual({ kind: "keep" });
});

test("only a rate can be had without netem", () => {
  const step = (...links: readonly LinkProfile[]) => planLinks(asking(...links), found(undefined, undefined), true, null);
  expect([step(narrow), step(narrow, slow), step()].map(asksForNetem)).toEqual([false, true, false]);
});
