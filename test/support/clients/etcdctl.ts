/** Types lines at a cluster by Debian's etcdctl, and writes down what was typed and what a person saw. */
import { execa } from "execa";
import { eventually } from "../cli.js";

/** `$name` in a line stands for what was noted under that name; `$n1` to `$n3` are the members' addresses, and there from the beginning. */
interface Typed {
  readonly line: string;
  /** The member that is asked; left out: each of them in turn. 0: all of them are named. */
  readonly at?: number | undefined;
  readonly input?: string;
}

export type Step =
  /** Typed, and waited for. */
  | (Typed & {
      /** What its one group finds in what was said, for later lines. */
      readonly note?: Readonly<Record<string, RegExp>>;
      /** Typed again until it says so; only the last time counts. */
      readonly until?: string;
      /** Which of its lines comes first is chance. */
      readonly inAnyOrder?: true;
      /** Only what is noted matters: the rest is no two clusters' alike. */
      readonly hidden?: true;
    })
  /** Typed, and goes on until it is ended. */
  | (Typed & { readonly begin: string })
  /** Waits until what was begun has said so. */
  | { readonly wait: string; readonly says: string }
  /** As Ctrl-C; what it said all the while is written down. */
  | { readonly end: string };

export interface Chapter {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** What no two clusters say alike, each with its reason. All else has to be equal, revisions too. */
const masks: readonly (readonly [RegExp, string])[] = [
  // what etcdctl itself logs of its attempts, with its own ids and times
  [/^\{"level":.*\n?/gm, ""],
  // drawn when a cluster is founded, or a member added; how often a cluster has voted is its own affair
  [/"(cluster_id|member_id|raft_term)":\d+/g, `"$1":…`],
  [/"(ClusterID|MemberID|RaftTerm)" : \d+/g, `"$1" : …`],
  [/^[0-9a-f]+(?=, (?:un)?started, )/gm, "…"],
  [/^Member +[0-9a-f]+ (.+) cluster +[0-9a-f]+$/gm, "Member … $1 cluster …"],
  [/from [0-9a-f]+ to [0-9a-f]+$/gm, "from … to …"],
  // drawn when a lease is granted
  [/(?<![0-9a-f])[0-9a-f]{15,16}(?![0-9a-f])/g, "…"],
  [/"(ID|lease|Lease)"( ?: ?)[1-9]\d{9,}/g, `"$1"$2…`],
  // a number is made of the URLs and the second in which etcd was asked, so asked twice within one it is the number that is taken
  [/(?:member ID already exist|Peer URLs already exists)$/gm, "member ID already exist, or Peer URLs already exists"],
  // seconds pass
  [/remaining\(\d+s\)/g, "remaining(…)"],
  [/took = \S+/g, "took = …"],
];

const patienceMs = 20_000;

interface Running {
  readonly process: ReturnType<typeof etcdctl>;
  readonly said: () => string;
  readonly typed: string;
}

function etcdctl(words: readonly string[], endpoints: string, input: string, timeout: number) {
  return execa("etcdctl", words, {
    env: { ETCDCTL_API: "3", ETCDCTL_ENDPOINTS: endpoints },
    reject: false,
    timeout,
    ...(input === "" ? {} : { input }),
  });
}

/** One person at a terminal, with a cluster in reach. */
export class Terminal {
  readonly #addresses: readonly string[];
  readonly #noted: Map<string, string>;
  readonly #running = new Map<string, Running>();
  #turn = 0;

  /** @param addresses of the members' client ports, `127.0.0.1:49153` @param folder where files may be kept, `$folder` in lines */
  constructor(addresses: readonly string[], folder: string) {
    this.#addresses = addresses;
    this.#noted = new Map([...addresses.map((address, at) => [`n${at + 1}`, address] as const), ["folder", folder]]);
  }

  /** What was typed, and what was said to it, masked. */
  async read({ steps }: Chapter): Promise<string> {
    const told: string[] = [];
    try {
      for (const step of steps) told.push(...(await this.#perform(step)));
    } catch (error) {
      throw new Error(`after this:\n${told.join("\n")}`, { cause: error });
    } finally {
      for (const { process } of this.#running.values()) process.kill("SIGKILL");
      this.#running.clear();
    }
    return `${told.join("\n")}\n`;
  }

  async #perform(step: Step): Promise<readonly string[]> {
    if ("wait" in step) {
      const { said } = this.#begun(step.wait);
      await eventually(`${step.wait} says ${step.says}: ${said()}`, patienceMs, () =>
        Promise.resolve(said().includes(step.says)),
      );
      return [];
    }
    if ("end" in step) return this.#end(step.end);
    if ("begin" in step) {
      this.#begin(step.begin, step);
      return [`$ etcdctl ${step.line} &`];
    }
    const { line, until, note = {}, inAnyOrder = false, hidden = false, input = "" } = step;
    const typed = { ...step, at: this.#memberOf(step) };
    let said = await this.#type(typed);
    if (until !== undefined)
      await eventually(`${line} says ${until}`, patienceMs, async () => {
        if (!said.includes(until)) said = await this.#type(typed);
        return said.includes(until);
      });
    for (const [name, pattern] of Object.entries(note)) {
      const [, found] = pattern.exec(said) ?? [];
      if (found === undefined) throw new Error(`etcdctl ${line} does not say ${pattern}: ${said}`);
      this.#noted.set(name, found);
    }
    if (hidden) return [];
    const shown = this.#masked(said);
    const typedIn = input.split("\n").slice(0, -1);
    return [
      `$ etcdctl ${line}`,
      ...typedIn.map((text) => `> ${text}`),
      ...(inAnyOrder ? shown.split("\n").toSorted().join("\n") : shown).split("\n"),
      "",
    ];
  }

  async #type(typed: Typed): Promise<string> {
    const result = await this.#start(typed, patienceMs);
    const { stdout, stderr, exitCode } = result;
    return [stdout, stderr, exitCode === 0 ? "" : `[exit code ${exitCode}]`].filter((part) => part !== "").join("\n");
  }

  #begin(name: string, typed: Typed): void {
    const process = this.#start(typed, 3 * patienceMs);
    let said = "";
    process.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    this.#running.set(name, { process, said: () => said, typed: typed.line });
  }

  async #end(name: string): Promise<readonly string[]> {
    const { process, said, typed } = this.#begun(name);
    this.#running.delete(name);
    process.kill("SIGINT");
    // a watch does not mind Ctrl-C while it waits for more to be typed
    const late = setTimeout(() => process.kill("SIGKILL"), 2000);
    await process;
    clearTimeout(late);
    return [`^C etcdctl ${typed}`, ...this.#masked(said().trim()).split("\n"), ""];
  }

  #begun(name: string) {
    const running = this.#running.get(name);
    if (running === undefined) throw new Error(`nothing was begun as ${name}`);
    return running;
  }

  #start({ line, at, input = "" }: Typed, timeout: number) {
    const member = this.#memberOf({ at });
    const endpoints = member === 0 ? this.#addresses.join(",") : (this.#addresses[member - 1] ?? "");
    const words = line.split(" ").map((word) => word.replaceAll(/\$(\w+)/g, (_, name: string) => this.#named(name)));
    return etcdctl(words, endpoints, input, timeout);
  }

  #memberOf({ at }: Pick<Typed, "at">): number {
    return at ?? (this.#turn++ % this.#addresses.length) + 1;
  }

  #named(name: string): string {
    const value = this.#noted.get(name);
    if (value === undefined) throw new Error(`nothing was noted as ${name}`);
    return value;
  }

  #masked(said: string): string {
    let shown = this.#addresses.reduce((text, address, at) => text.replaceAll(address, `$n${at + 1}`), said);
    shown = shown.replaceAll(this.#named("folder"), "$folder");
    for (const [pattern, mask] of masks) shown = shown.replaceAll(pattern, mask);
    return shown.trimEnd();
  }
}
