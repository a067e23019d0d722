import { isIP } from "node:net";
import type { Packet, ReadRule } from "./packets.js";

/**
 * As much of iptables-restore(8) and of one filter table as a chain of ours needs, for one IP family, with a grammar of its own: it
 * refuses every word that is not in it, and what the kernel would refuse. Lists the chain as iptables 1.8.9 does.
 */
export class FakeIptables {
  readonly #family: 4 | 6;
  #hooks = 0;
  #chain: readonly IptablesRule[] | undefined;

  constructor(family: 4 | 6) {
    this.#family = family;
  }

  /** What packets meet; undefined where there is no chain of ours. */
  get rules(): readonly ReadRule[] | undefined {
    return this.#hooks === 0
      ? this.#chain && []
      : Array(this.#hooks)
          .fill(this.#chain ?? [])
          .flat();
  }

  /** Addresses whose packets some rule drops. */
  get sources(): readonly string[] | undefined {
    return this.#chain && [...new Set(this.#chain.flatMap(({ source }) => source ?? []))];
  }

  /** `iptables-restore --noflush`: carries it out whole, or throws. */
  restore(text: string): void {
    const lines = text.split("\n");
    if (lines[0] !== "*filter" || lines.at(-2) !== "COMMIT" || lines.at(-1) !== "") refuse(text);
    let [chain, hooks] = [this.#chain, this.#hooks];
    for (const line of lines.slice(1, -2)) {
      if (line === ":DEVIOUS - [0:0]") chain = [];
      else if (chain === undefined) refuse(line);
      else if (line === "-I INPUT 1 -j DEVIOUS") hooks++;
      else if (line === "-D INPUT -j DEVIOUS" && hooks > 0) hooks--;
      else if (line === "-X DEVIOUS" && hooks === 0 && chain.length === 0) chain = undefined;
      else if (line.startsWith("-A DEVIOUS ")) chain = [...chain, readRule(line, this.#family)];
      else refuse(line);
    }
    this.#chain = chain;
    this.#hooks = hooks;
  }

  /** `iptables -S` */
  list(): string {
    return [
      "-P INPUT ACCEPT",
      "-P FORWARD ACCEPT",
      "-P OUTPUT ACCEPT",
      ...(this.#chain === undefined ? [] : ["-N DEVIOUS"]),
      ...Array<string>(this.#hooks).fill("-A INPUT -j DEVIOUS"),
      ...(this.#chain ?? []).map(({ listed }) => listed),
      "",
    ].join("\n");
  }
}

interface IptablesRule extends ReadRule {
  readonly source?: string;
  readonly listed: string;
}

function readRule(line: string, family: 4 | 6): IptablesRule {
  const passes = /^-A DEVIOUS -p ipv6-icmp -m icmp6 --icmpv6-type (\d+) -j RETURN$/.exec(line)?.[1];
  if (passes === undefined) return readDrop(line, family);
  if (family !== 6) refuse(line);
  return { listed: line, verdict: "pass", chance: 1, matches: ({ type }) => type === Number(passes) };
}

function readDrop(line: string, family: 4 | 6): IptablesRule {
  const words = line.split(" ").slice(2);
  const take = (...choice: readonly string[]): string => {
    const word = words.shift() ?? refuse(line);
    return choice.length === 0 || choice.includes(word) ? word : refuse(line);
  };
  take("-s");
  const [source = "", length] = take().split("/");
  if (isIP(source) !== family || length !== { 4: "32", 6: "128" }[family]) refuse(line);
  const holds: ((packet: Packet) => boolean)[] = [(packet) => packet.source === source];
  let chance = 1;
  let protocol: string | undefined;
  let listed = line;
  while (words[0] !== "-j") {
    // an extension draws as soon as all before it hold, so drawing comes last
    if (chance < 1) refuse(line);
    if (take("-p", "-m") === "-p") {
      if (protocol !== undefined) refuse(line);
      protocol = take("tcp", "udp", family === 6 ? "ipv6-icmp" : "icmp").replace("ipv6-", "");
      const asked = protocol;
      holds.push((packet) => packet.protocol === asked);
    } else if (take("multiport", "statistic") === "multiport") {
      if (protocol !== "tcp" && protocol !== "udp") refuse(line);
      const wanted = take("!", "--ports") === "--ports";
      if (!wanted) take("--ports");
      const ports = take().split(",").map(Number);
      if (ports.length > 15 || ports.some((port) => !(Number.isInteger(port) && port > 0 && port <= 65_535))) refuse(line);
      holds.push(({ sport, dport }) => (ports.includes(sport) || ports.includes(dport)) === wanted);
    } else {
      take("--mode");
      take("random");
      take("--probability");
      const text = take();
      if (!/^0\.\d{1,6}$/.test(text) || Number(text) === 0) refuse(line);
      // the kernel keeps 31 bits of it
      const kept = Math.round(Number(text) * 2 ** 31) / 2 ** 31;
      chance = Number(text);
      listed = line.replace(text, kept.toFixed(11));
    }
  }
  take("-j");
  take("DROP");
  if (words.length > 0) refuse(line);
  return { source, listed, verdict: "drop", chance, matches: (packet) => holds.every((each) => each(packet)) };
}

function refuse(text: string): never {
  throw new Error(`iptables refuses: ${text}`);
}
