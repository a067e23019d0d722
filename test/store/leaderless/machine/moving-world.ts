import { createPrng, type Prng } from "../../../../src/core/prng.js";
import type { RingCommand, RingView } from "../../../../src/core/ring-contract.js";
import type { Answer, ReadObject, Request } from "../../../../src/store/leaderless/api.js";
import type { ClusterState } from "../../../../src/store/leaderless/gossip/cluster-state.js";
import { aloneRing, foundRing } from "../../../../src/store/leaderless/gossip/membership.js";
import { deserializeState } from "../../../../src/store/leaderless/gossip/parse.js";
import { keysOf } from "../../../../src/store/leaderless/handoff/walk.js";
import { clusterStateName, epochsName, Leaderless, type LeaderlessOptions } from "../../../../src/store/leaderless/machine.js";
import type { LeaderlessEvent } from "../../../../src/store/leaderless/steps.js";
import { sentBy, type Message } from "../../../../src/store/leaderless/messages.js";
import { objectName } from "../../../../src/store/leaderless/storage-key.js";
import { Epochs } from "../../../../src/store/leaderless/versions/epochs.js";
import { nameOf, putOf } from "./box.js";
import { MemoryStorage } from "./memory-storage.js";

const defaults = { n: 3, r: "quorum", w: "quorum", conflict: "siblings", clock: "dvv" } as const;
const stepMs = 10;
const tickMs = 100;
const cluster = "c";

interface Lively {
  readonly node: Leaderless;
  readonly storage: MemoryStorage;
  /** Written by the last step, and so durable with this one. */
  written: number;
}

/** A key, and the one client that writes it: 1, 2, 3 …, each number in the place of the one before. */
interface Written {
  started: number;
  acknowledged: number;
  context: Uint8Array | undefined;
  isBusy: boolean;
}

type OnAnswer = (answer: Answer<Request["type"]>) => void;

/**
 * Nodes whose messages take some time, news of the ring much longer than others, so that nodes disagree for a while about who owns what; members that come and
 * go; and clients that read and write all the time, at whatever node. A read that does not see what was acknowledged before it began is `stale`.
 */
export class MovingWorld {
  readonly nodes = new Map<string, Lively>();
  readonly events: { readonly node: string; readonly event: LeaderlessEvent }[] = [];
  readonly keys = new Map<string, Written>();
  readonly stale: string[] = [];
  readonly failed: string[] = [];
  reads = 0;
  nowMs = 1000;
  /** Whether the network does. */
  loses: (message: Message) => boolean = () => false;
  /** Whether clients ask. */
  isLoaded = true;
  readonly #prng: Prng;
  readonly #options: Partial<LeaderlessOptions>;
  readonly #mail = new Map<number, Message[]>();
  readonly #asked = new Map<number, { readonly at: string; readonly onAnswer: OnAnswer }>();
  readonly #disks = new Map<string, MemoryStorage>();
  readonly #first = new Map<string, ClusterState>();
  #serving: readonly string[] = [];
  #lastId = 0;
  #lives = 0;

  constructor(members: readonly string[], keys: number, seed: number, options: Partial<LeaderlessOptions> = {}) {
    this.#prng = createPrng(seed);
    this.#options = options;
    const ring = foundRing(Object.fromEntries(members.map((member) => [member, member])), 16);
    for (const member of members) this.#start(member, { state: { ring, types: {}, buckets: {} } });
    for (let i = 0; i < keys; i++) this.keys.set(`k${i}`, { started: 0, acknowledged: 0, context: undefined, isBusy: false });
  }

  /** Starts a node that is to join. */
  join(member: string): void {
    const meets = [...this.nodes.keys()];
    this.#start(member, { state: aloneState(member), meets });
  }

  /** It answers nobody any more; {@link restart} starts it with what was on its disk. */
  crash(member: string): void {
    const { storage } = this.#of(member);
    this.#disks.set(member, storage);
    this.nodes.delete(member);
    for (const [id, { at }] of this.#asked) if (at === member) this.#asked.delete(id);
  }

  /** It comes back as the same member with an empty disk. */
  wipe(member: string): void {
    this.#disks.set(member, new MemoryStorage());
    this.restart(member);
  }

  restart(member: string): void {
    const storage = this.#disks.get(member);
    const first = this.#first.get(member);
    if (storage === undefined || first === undefined) throw new Error(`${member} has not run`);
    const stored = storage.getMeta(clusterStateName);
    // who has heard of no change begins with what it began with
    const state = stored === undefined ? first : deserializeState(Buffer.from(stored).toString("latin1"));
    if (state === undefined) throw new Error(`the disk of ${member} cannot be read`);
    const meets = stored === undefined ? [...this.nodes.keys()] : [];
    this.#start(member, { state, meets }, storage);
  }

  command(member: string, command: RingCommand): void {
    const { outcomes } = this.#step(member, [{ type: "command", id: 0, command }]);
    const outcome = outcomes[0]?.outcome;
    // it is carried out at once, and told once it is durable
    if (outcome?.ok === false) throw new Error(outcome.why);
  }

  /** A message arrives now, whoever has sent it. */
  deliver(message: Message): void {
    this.#step(message.to, [{ type: "receive", message }]);
  }

  view(member: string): RingView {
    return this.#of(member).node.ringView(cluster);
  }

  /** Lets time pass until it is so. */
  until(what: string, isSo: () => boolean, limitMs = 60_000): void {
    for (const endMs = this.nowMs + limitMs; !isSo();) {
      if (this.nowMs >= endMs) throw new Error(`${what}: not within ${limitMs} ms`);
      this.pass(tickMs);
    }
  }

  /** Until all know the same ring, and nothing is on its way to another one. */
  untilSettled(ring: string): void {
    const isSettled = (view: RingView): boolean => view.ring === ring && view.nextRing === null;
    this.until(`the ring ${ring}`, () => [...this.nodes.keys()].every((member) => isSettled(this.view(member))));
  }

  pass(ms: number): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) {
      this.nowMs += stepMs;
      for (const [member, lively] of Array.from(this.nodes)) {
        this.#step(member, [{ type: "durable", writeNumber: lively.written }]);
        lively.written = lively.storage.written;
      }
      const due = this.#mail.get(this.nowMs) ?? [];
      this.#mail.delete(this.nowMs);
      for (const message of due) {
        if (this.nodes.has(message.to)) this.#step(message.to, [{ type: "receive", message }]);
        else if (this.nodes.has(message.from)) this.#step(message.from, [{ type: "unreachable", member: message.to }]);
      }
      if (this.nowMs % tickMs === 0) this.#tick();
      if (this.isLoaded) this.#askSomething();
    }
  }

  ask(member: string, request: Request, onAnswer: OnAnswer): void {
    const id = ++this.#lastId;
    this.#asked.set(id, { at: member, onAnswer });
    this.#step(member, [{ type: "ask", id, request }]);
  }

  /** Of each key who has it at home, with the hash of what it has. */
  copies(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    const found = new Map<string, Map<string, number>>();
    for (const [member, { storage }] of this.nodes) {
      for (const place of storage.places()) {
        if (place.kind !== "home") continue;
        for (const [stored, hash] of keysOf(storage, place)) {
          const { key } = objectName(stored);
          found.set(key, (found.get(key) ?? new Map<string, number>()).set(member, hash));
        }
      }
    }
    return found;
  }

  write(member: string, key: string): void {
    const state = this.keys.get(key);
    if (state === undefined || state.isBusy) return;
    state.isBusy = true;
    const value = ++state.started;
    this.#put(member, key, value, state.context, (answer) => {
      state.isBusy = false;
      if (!answer.ok) {
        this.failed.push(`${this.nowMs}: put ${key} at ${member}: ${JSON.stringify(answer.failure)}`);
        return;
      }
      state.acknowledged = value;
      state.context = (answer.value as ReadObject).context;
    });
  }

  read(member: string, key: string): void {
    const before = this.keys.get(key)?.acknowledged ?? 0;
    this.reads++;
    this.ask(member, { type: "get", name: nameOf(key), options: {} }, (answer) => {
      if (!answer.ok) {
        this.failed.push(`${this.nowMs}: get ${key} at ${member}: ${JSON.stringify(answer.failure)}`);
        return;
      }
      const { siblings } = answer.value as ReadObject | { readonly siblings: "notfound" };
      const found = siblings === "notfound" ? [0] : siblings.map(({ value }) => Number(Buffer.from(value).toString()));
      if (Math.max(...found) < before)
        this.stale.push(`${this.nowMs}: ${member} found ${found.join()} of ${key} after ${before} was acknowledged`);
    });
  }

  #tick(): void {
    for (const member of Array.from(this.nodes.keys())) this.#step(member, [{ type: "tick" }]);
    const serving = [...this.nodes].filter(([member, { node }]) => node.isReady && isServing(node.ringView(cluster), member));
    this.#serving = serving.map(([member]) => member);
  }

  #put(member: string, key: string, value: number, context: Uint8Array | undefined, onAnswer: OnAnswer): void {
    this.ask(member, putOf(key, String(value), { context, returnBody: true }), onAnswer);
  }

  /** At members that are in the ring, or on their way into it. */
  #askSomething(): void {
    const asked = this.#serving.filter((member) => this.nodes.has(member));
    if (asked.length === 0) return;
    const keys = [...this.keys.keys()];
    for (let i = 0; i < 2; i++) {
      const [member, key] = [this.#prng.pick(asked), this.#prng.pick(keys)];
      if (this.#prng.chance(0.4)) this.write(member, key);
      else this.read(member, key);
    }
  }

  #start(self: string, options: Pick<LeaderlessOptions, "state" | "meets">, storage = new MemoryStorage()): void {
    const node = new Leaderless({
      self,
      storage,
      epochs: new Epochs(storage.getMeta(epochsName), () => `${self}/${this.#lives++}`.padEnd(8, "-")),
      prng: this.#prng.fork(),
      nowMs: this.nowMs,
      defaults,
      quorum: "sloppy",
      readRepair: true,
      hintedHandoff: true,
      antiEntropy: false,
      deleteMode: { kind: "after", ms: 3000 },
      ...options,
      ...this.#options,
    });
    this.#first.set(self, options.state);
    this.nodes.set(self, { node, storage, written: storage.written });
  }

  #of(member: string): Lively {
    const lively = this.nodes.get(member);
    if (lively === undefined) throw new Error(`${member} does not run`);
    return lively;
  }

  #step(member: string, inputs: Parameters<Leaderless["step"]>[0]): ReturnType<Leaderless["step"]> {
    const { node } = this.#of(member);
    const effects = node.step([{ type: "clock", nowMs: this.nowMs, wallMs: this.nowMs }, ...inputs]);
    for (const message of effects.send) this.#post(sentBy(member, message));
    for (const event of effects.events) this.events.push({ node: member, event });
    for (const { id, answer } of effects.answers) {
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      asked?.onAnswer(answer);
    }
    if (node.hasLeft) this.crash(member);
    return effects;
  }

  #post(message: Message): void {
    if (this.loses(message)) return;
    const steps = message.type === "gossip" ? this.#prng.int(1, 60) : this.#prng.int(1, 4);
    const atMs = this.nowMs + steps * stepMs;
    this.#mail.set(atMs, [...(this.#mail.get(atMs) ?? []), message]);
  }
}

function aloneState(member: string): ClusterState {
  return { ring: aloneRing(member, member, 16), types: {}, buckets: {} };
}

function isServing({ members }: RingView, self: string): boolean {
  const status = members.find(({ name }) => name === self)?.status;
  return status === "valid" || status === "joining" || status === "leaving";
}
