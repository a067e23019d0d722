// Shows how what clients send is led aside: whose packets pass, what is changed when peers come and go, and whose ingress qdisc is ours.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Peer } from "../../src/chaos/desired-state.js";
import { type Ingress, foreignIngress, noIngress, parseIngress, planIngress } from "../../src/chaos/tc-inbound.js";

const n2: Peer = { name: "n2", addresses: { v4: ["172.18.0.3"], v6: ["fd00:1::3"] } };

/** By iproute2 6.1 on Linux 6.1; `to`: where everybody else is redirected to. */
const recorded = (to: string): string =>
  `[{"kind":"noqueue","handle":"0:","root":true,"refcnt":2,"options":{}},{"kind":"ingress","handle":"ffff:","parent":"ffff:fff1","options":{}}]
[{"protocol":"ipv6","pref":1,"kind":"u32","chain":0},{"protocol":"ipv6","pref":1,"kind":"u32","chain":0,"options":{"fh":"800:","ht_divisor":1}},{"protocol":"ipv6","pref":1,"kind":"u32","chain":0,"options":{"fh":"800::800","order":2048,"key_ht":"800","bkt":"0","flowid":":1","not_in_hw":true,"match":{"value":"3a00","mask":"ff00","offmask":"","off":4},"match":{"value":"84000000","mask":"fc000000","offmask":"","off":40}}},{"protocol":"ipv6","pref":1,"kind":"u32","chain":0,"options":{"fh":"800::801","order":2049,"key_ht":"800","bkt":"0","flowid":":1","not_in_hw":true,"match":{"value":"3a00","mask":"ff00","offmask":"","off":4},"match":{"value":"88000000","mask":"fe000000","offmask":"","off":40}}},{"protocol":"ip","pref":16,"kind":"u32","chain":0},{"protocol":"ip","pref":16,"kind":"u32","chain":0,"options":{"fh":"801:","ht_divisor":1}},{"protocol":"ip","pref":16,"kind":"u32","chain":0,"options":{"fh":"801::800","order":2048,"key_ht":"801","bkt":"0","flowid":":1","not_in_hw":true,"match":{"value":"ac120003","mask":"ffffffff","offmask":"","off":12}}},{"protocol":"ipv6","pref":17,"kind":"u32","chain":0},{"protocol":"ipv6","pref":17,"kind":"u32","chain":0,"options":{"fh":"802:","ht_divisor":1}},{"protocol":"ipv6","pref":17,"kind":"u32","chain":0,"options":{"fh":"802::800","order":2048,"key_ht":"802","bkt":"0","flowid":":1","not_in_hw":true,"match":{"value":"fd000001","mask":"ffffffff","offmask":"","off":8},"match":{"value":"0","mask":"ffffffff","offmask":"","off":12},"match":{"value":"0","mask":"ffffffff","offmask":"","off":16},"match":{"value":"3","mask":"ffffffff","offmask":"","off":20}}},{"protocol":"ip","pref":26,"kind":"u32","chain":0},{"protocol":"ip","pref":26,"kind":"u32","chain":0,"options":{"fh":"803:","ht_divisor":1}},{"protocol":"ip","pref":26,"kind":"u32","chain":0,"options":{"fh":"803::800","order":2048,"key_ht":"803","bkt":"0","flowid":":1","not_in_hw":true,"match":{"value":"0","mask":"0","offmask":"","off":0},"actions":[{"order":1,"kind":"mirred","mirred_action":"redirect","direction":"egress","to_dev":"${to}","control_action":{"type":"stolen"},"index":1,"ref":1,"bind":1}]}},{"protocol":"ipv6","pref":27,"kind":"u32","chain":0},{"protocol":"ipv6","pref":27,"kind":"u32","chain":0,"options":{"fh":"804:","ht_divisor":1}},{"protocol":"ipv6","pref":27,"kind":"u32","chain":0,"options":{"fh":"804::800","order":2048,"key_ht":"804","bkt":"0","flowid":":1","not_in_hw":true,"match":{"value":"0","mask":"0","offmask":"","off":0},"actions":[{"order":1,"kind":"mirred","mirred_action":"redirect","direction":"egress","to_dev":"${to}","control_action":{"type":"stolen"},"index":2,"ref":1,"bind":1}]}}]
`;
const ours = parseIngress(recorded("devious-in"));

const add = (rest: string): string => `filter add dev eth0 parent ffff: protocol ${rest}`;
const redirect = "flowid :1 action mirred egress redirect dev devious-in";

describe("plans for eth0", () => {
  test.each<[string, readonly Peer[], Ingress, readonly string[]]>([
    [
      "peers pass before anything is redirected",
      [n2],
      noIngress,
      [
        add("ipv6 prio 1 u32 match ip6 protocol 58 0xff match u8 0x84 0xfc at 40 flowid :1"),
        add("ipv6 prio 1 u32 match ip6 protocol 58 0xff match u8 0x88 0xfe at 40 flowid :1"),
        add("ip prio 16 u32 match ip src 172.18.0.3/32 flowid :1"),
        add("ipv6 prio 17 u32 match ip6 src fd00:1::3/128 flowid :1"),
        add(`ip prio 26 u32 match u32 0 0 ${redirect}`),
        add(`ipv6 prio 27 u32 match u32 0 0 ${redirect}`),
      ],
    ],
    ["as asked", [n2], ours, []],
    [
      "a peer came back with another address",
      [{ ...n2, addresses: { v4: ["172.18.0.9"], v6: n2.addresses.v6 } }],
      ours,
      [
        add("ip prio 16 u32 match ip src 172.18.0.9/32 flowid :1"),
        "filter del dev eth0 parent ffff: protocol ip prio 16 handle 801::800 u32",
      ],
    ],
    [
      "the device was made anew: what led to the old one is replaced",
      [n2],
      parseIngress(recorded("*")),
      [
        add(`ip prio 26 u32 match u32 0 0 ${redirect}`),
        add(`ipv6 prio 27 u32 match u32 0 0 ${redirect}`),
        "filter del dev eth0 parent ffff: protocol ip prio 26 handle 803::800 u32",
        "filter del dev eth0 parent ffff: protocol ipv6 prio 27 handle 804::800 u32",
      ],
    ],
  ])("%s", (_, peers, current, expected) => {
    expect(planIngress("eth0", peers, current)).toEqual(expected);
  });
});

const half = { ...ours, filters: ours.filters.filter(({ redirect: to }) => to === null) };

test.each<[string, Ingress, boolean, string | undefined]>([
  ["none", noIngress, false, undefined],
  ["ours", ours, true, undefined],
  ["ours whose device was taken away", parseIngress(recorded("*")), false, undefined],
  ["ours, half made, beside its device", half, true, undefined],
  ["one that leads elsewhere", parseIngress(recorded("ifb0")), true, "ingress"],
  ["an empty one", { kind: "ingress", filters: [] }, false, "ingress"],
  ["one that redirects nothing", half, false, "ingress"],
  ["a clsact", { kind: "clsact", filters: [] }, true, "clsact"],
])("%s is told from a foreign one", (_, ingress, deviceStands, expected) => {
  expect(foreignIngress(ingress, deviceStands)).toBe(expected);
});

/** As much of the kernel as one ingress qdisc needs. Refuses every line that is not one we use. */
class FakeIngress {
  #filters: { etherType: string; priority: number; number: number; address: string | null; isRedirect: boolean; json: string }[] =
    [];

  run(line: string): void {
    const added =
      /^filter add dev eth0 parent ffff: protocol (ip|ipv6) prio (\d+) u32 (?:match ip6? src (\S+)\/(?:32|128)|match u32 0 0|match ip6 protocol 58 0xff match u8 (0x\w\w) (0x\w\w) at 40) flowid :1( action mirred egress redirect dev devious-in)?$/.exec(
        line,
      );
    const deleted = /^filter del dev eth0 parent ffff: protocol (?:ip|ipv6) prio (\d+) handle 8::(\d+) u32$/.exec(line);
    if (added !== null) {
      const [, etherType = "", prio, address = null, value, mask, action] = added;
      const number = 1 + Math.max(0, ...this.#filters.map((each) => each.number));
      const words =
        address !== null
          ? wordsOf(address).map((word, index) => [(etherType === "ip" ? 12 : 8) + 4 * index, word, "ffffffff"])
          : value === undefined
            ? [[0, "0", "0"]]
            : [
                [4, "3a00", "ff00"],
                [40, `${value.slice(2)}000000`, `${mask?.slice(2)}000000`],
              ];
      const matches = words.map(
        ([off, word, under]) => `"match":{"value":"${word}","mask":"${under}","offmask":"","off":${off}}`,
      );
      const actions = action === undefined ? "" : `,"actions":[{"kind":"mirred","to_dev":"devious-in"}]`;
      const json = `{"protocol":"${etherType}","pref":${prio},"options":{"fh":"8::${number}","flowid":":1",${matches.join(",")}${actions}}}`;
      const isLink = value !== undefined;
      this.#filters.push({
        etherType,
        priority: Number(prio),
        number,
        address: isLink ? "link" : address,
        isRedirect: action !== undefined,
        json,
      });
      this.#filters.sort((a, b) => a.priority - b.priority);
    } else if (deleted !== null) {
      const left = this.#filters.filter(
        ({ priority, number }) => priority !== Number(deleted[1]) || number !== Number(deleted[2]),
      );
      if (left.length !== this.#filters.length - 1) throw new Error(`no such filter: ${line}`);
      this.#filters = left;
    } else throw new Error(`not a command we use: ${line}`);
  }

  state(): Ingress {
    return parseIngress(`[{"kind":"ingress","handle":"ffff:"}]\n[${this.#filters.map(({ json }) => json).join(",")}]\n`);
  }

  isRedirected(source: string): boolean {
    const etherType = source.includes(":") ? "ipv6" : "ip";
    const hit = this.#filters.find((each) => each.etherType === etherType && (each.address === null || each.address === source));
    return hit?.isRedirect === true;
  }
}

/** Of `10.0.0.7` and `fd00::7`. */
function wordsOf(address: string): readonly string[] {
  return address.includes(":")
    ? ["fd000000", "0", "0", (address.split("::")[1] ?? "").replace(/^0+(?=.)/, "")]
    : [
        address
          .split(".")
          .map((part) => Number(part).toString(16).padStart(2, "0"))
          .join("")
          .replace(/^0+/, ""),
      ];
}

test("whatever peers come and go, theirs pass at every moment and everybody else's are redirected in the end", () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 6 });
  const sources = (number: number): readonly string[] => [`10.0.0.${number}`, `fd00::${number}`];
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 1, maxLength: 5 }), (steps) => {
      const kernel = new FakeIngress();
      let before: readonly number[] = [];
      for (const step of steps) {
        const peers = step.map((number): Peer => ({
          name: `n${number}`,
          addresses: { v4: [`10.0.0.${number}`], v6: [`fd00::${number}`] },
        }));
        for (const line of planIngress("eth0", peers, kernel.state())) {
          kernel.run(line);
          const staying = step.filter((number) => before.includes(number));
          expect(staying.flatMap(sources).filter((source) => kernel.isRedirected(source))).toEqual([]);
        }
        expect(planIngress("eth0", peers, kernel.state())).toEqual([]);
        for (let number = 1; number <= 9; number++) {
          for (const source of sources(number)) expect(kernel.isRedirected(source)).toBe(!step.includes(number));
        }
        before = step;
      }
    }),
  );
});
