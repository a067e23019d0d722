import { type TcState, parseTcState } from "../../src/chaos/tc-state.js";

/** As much of tc and of the kernel behind it as one device's tree needs. It refuses what the kernel refuses. */
export interface FakeTc {
  batch(line: string): void;
  /** What `tc … show` would print. */
  qdiscs(): string;
  classes(): string;
  filters(): string;
  state(): TcState;
}

export function createFakeTc(): FakeTc {
  let built = false;
  const classes = new Map<string, { handle: string; options: Record<string, unknown> } | undefined>();
  let filters: { family: string; flow: string; address: string }[] = [];
  const refuse = (line: string): never => {
    throw new Error(`the kernel refuses: ${line}`);
  };

  const tc: FakeTc = {
    batch(line) {
      const word = (after: string): string => new RegExp(`\\b${after} (\\S+)`).exec(line)?.[1] ?? "";
      if (line.startsWith("qdisc add dev eth0 root handle de71: htb")) {
        if (built) refuse(line);
        built = true;
      } else if (line === "qdisc del dev eth0 root handle de71:") {
        if (!built) refuse(line);
        built = false;
        classes.clear();
        filters = [];
      } else if (line.startsWith("class add")) {
        if (!built || classes.has(word("classid"))) refuse(line);
        classes.set(word("classid"), undefined);
      } else if (line.startsWith("class del")) {
        const flow = word("classid");
        if (filters.some((filter) => filter.flow === flow) || !classes.delete(flow)) refuse(line);
      } else if (line.startsWith("qdisc replace")) {
        if (!classes.has(word("parent"))) refuse(line);
        const [delay = 0, jitter = 0] = (/delay (\d+)us(?: (\d+)us)?/.exec(line) ?? [])
          .slice(1)
          .map((us) => Number(us ?? 0) / 1e6);
        classes.set(word("parent"), {
          handle: word("handle"),
          options: { limit: Number(word("limit")), delay: { delay, jitter } },
        });
      } else if (line.startsWith("qdisc del")) {
        if (classes.get(word("parent"))?.handle !== word("handle")) refuse(line);
        classes.set(word("parent"), undefined);
      } else if (line === "filter del dev eth0 parent de71:") {
        if (filters.length === 0) refuse(line);
        filters = [];
      } else if (line.startsWith("filter add")) {
        if (!classes.has(word("flowid"))) refuse(line);
        filters.push({ family: word("protocol"), flow: word("flowid"), address: word("dst").replace(/\/\d+$/, "") });
      } else refuse(line);
    },
    qdiscs: () =>
      JSON.stringify([
        built ? { kind: "htb", handle: "de71:", root: true } : { kind: "noqueue", handle: "0:", root: true },
        ...[...classes].flatMap(([parent, leaf]) => (leaf === undefined ? [] : [{ kind: "netem", parent, ...leaf }])),
      ]),
    classes: () => [...classes.keys()].map((id) => `class htb ${id} root prio 0 rate 100Gbit\n`).join(""),
    filters: () =>
      filters
        .map(({ family, flow, address }) => {
          const words = family === "ip" ? [hexOfV4(address)] : hexOfV6(address);
          const matches = words.map((hex, index) => `  match ${hex}/ffffffff at ${16 + 4 * index}\n`).join("");
          return `filter protocol ${family} pref 1 u32 chain 0 fh 800::800 order 2048 key ht 800 bkt 0 *flowid ${flow} not_in_hw \n${matches}`;
        })
        .join(""),
    state: () => parseTcState(tc.qdiscs(), tc.classes(), tc.filters()),
  };
  return tc;
}

function hexOfV4(address: string): string {
  return address
    .split(".")
    .map((byte) => Number(byte).toString(16).padStart(2, "0"))
    .join("");
}

/** Of the addresses in tests, `fd00::N`. */
function hexOfV6(address: string): readonly string[] {
  return ["fd000000", "00000000", "00000000", address.replace("fd00::", "").padStart(8, "0")];
}
