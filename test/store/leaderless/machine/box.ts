import { createPrng } from "../../../../src/core/prng.js";
import type { Answer, ObjectName, Page, Request, Sibling } from "../../../../src/store/leaderless/api.js";
import type { BucketType, ClusterState } from "../../../../src/store/leaderless/gossip/cluster-state.js";
import { foundRing } from "../../../../src/store/leaderless/gossip/membership.js";
import { deserializeState } from "../../../../src/store/leaderless/gossip/parse.js";
import { clusterStateName, epochsName, Leaderless, type LeaderlessOptions } from "../../../../src/store/leaderless/machine.js";
import type { LeaderlessEvent } from "../../../../src/store/leaderless/steps.js";
import { sentBy, type Message } from "../../../../src/store/leaderless/messages.js";
import { bareContent } from "../../../../src/store/leaderless/objects/stored-object.js";
import { Epochs } from "../../../../src/store/leaderless/versions/epochs.js";
import { MemoryStorage } from "./memory-storage.js";

interface Boxed {
  readonly node: Leaderless;
  readonly storage: MemoryStorage;
  isPaused: boolean;
}

const defaults = { n: 3, r: "quorum", w: "quorum", conflict: "siblings", clock: "dvv" } as const;
const tickMs = 100;

/** Some nodes, a network that delivers all that is not cut, disks that are quick, and one clock. */
export class Box {
  readonly nodes = new Map<string, Boxed>();
  readonly events: { readonly node: string; readonly event: LeaderlessEvent }[] = [];
  /** Whether `to` hears `from`, or hears this of it. */
  hears: (from: string, to: string, message: Message) => boolean = () => true;
  /** What becomes of a message on its way; undefined: it is lost. */
  alter: (message: Message) => Message | undefined = (message) => message;
  /** Sees all that arrives. */
  onMessage: (message: Message) => void = () => undefined;
  nowMs = 1000;
  #mail: Message[] = [];
  /** What waits for nodes that are paused. */
  readonly #waiting = new Map<string, Message[]>();
  readonly #busy = new Set<string>();
  readonly #answers = new Map<number, Answer<Request["type"]>>();
  readonly #state: ClusterState;
  readonly #options: Partial<LeaderlessOptions>;
  #asked = 0;
  #lives = 0;

  constructor(
    members: readonly string[],
    options: Partial<LeaderlessOptions> = {},
    types: Readonly<Record<string, BucketType>> = {},
  ) {
    const ring = foundRing(Object.fromEntries(members.map((member) => [member, member])), 16);
    this.#state = { ring, types, buckets: {} };
    this.#options = options;
    for (const member of members) this.begin(member, new MemoryStorage());
    this.settle();
  }

  /** A life of this node, on such a disk: a new one has nothing of what an old one held. */
  begin(self: string, storage: MemoryStorage): void {
    const life = this.#lives++;
    const kept = storage.getMeta(clusterStateName);
    const node = new Leaderless({
      self,
      state: (kept && deserializeState(Buffer.from(kept).toString("latin1"))) ?? this.#state,
      storage,
      epochs: new Epochs(storage.getMeta(epochsName), () => `disk-of${life}`.slice(0, 8)),
      prng: createPrng(life + 1),
      nowMs: this.nowMs,
      defaults,
      quorum: "sloppy",
      readRepair: true,
      hintedHandoff: true,
      antiEntropy: true,
      deleteMode: { kind: "after", ms: 3000 },
      ...this.#options,
    });
    this.nodes.set(self, { node, storage, isPaused: false });
  }

  of(member: string): Boxed {
    const boxed = this.nodes.get(member);
    if (boxed === undefined) throw new Error(`there is no ${member} in the box`);
    return boxed;
  }

  /** Asks, and lets everything happen that needs no time. */
  ask(member: string, request: Request): number {
    const id = ++this.#asked;
    this.#step(member, [{ type: "ask", id, request }]);
    this.settle();
    return id;
  }

  /** Something happens to a node. */
  tell(member: string, input: Parameters<Leaderless["step"]>[0][number]): void {
    this.#step(member, [input]);
    this.settle();
  }

  answer(id: number): Answer<Request["type"]> | undefined {
    return this.#answers.get(id);
  }

  put(member: string, key: string, value: string, options: Partial<Put> = {}): Answer<Request["type"]> | undefined {
    const id = this.ask(member, putOf(key, value, options));
    return this.answer(id);
  }

  get(
    member: string,
    key: string,
    options: Extract<Request, { type: "get" }>["options"] = {},
  ): Answer<Request["type"]> | undefined {
    return this.answer(this.ask(member, { type: "get", name: nameOf(key), options }));
  }

  /** Values that a client finds, sorted; a text where it was told something else. */
  values(member: string, key: string, options: Extract<Request, { type: "get" }>["options"] = {}): readonly string[] | string {
    const answer = this.get(member, key, options);
    if (answer === undefined) return "no answer";
    if (!answer.ok) return answer.failure.reason.type;
    const { siblings } = answer.value as { readonly siblings: readonly Sibling[] | "notfound" };
    return siblings === "notfound" ? siblings : siblings.map(({ value }) => Buffer.from(value).toString()).sort();
  }

  contextOf(member: string, key: string): Uint8Array | undefined {
    const answer = this.get(member, key);
    return answer?.ok === true ? (answer.value as { readonly context: Uint8Array | undefined }).context : undefined;
  }

  pass(ms: number): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) {
      this.nowMs += tickMs;
      for (const member of this.nodes.keys()) this.#step(member, [{ type: "tick" }]);
      this.settle();
    }
  }

  /** Until nothing is on its way. */
  settle(): void {
    for (let steps = 0; steps < 10_000; steps++) {
      for (const [member, { storage }] of this.nodes) this.#step(member, [{ type: "durable", writeNumber: storage.written }]);
      const busy = [...this.#busy];
      for (const member of busy) this.#step(member, [{ type: "work" }]);
      const mail = this.#mail;
      if (mail.length === 0 && busy.length === 0) return;
      this.#mail = [];
      for (const sent of mail) {
        const message = this.hears(sent.from, sent.to, sent) ? this.alter(sent) : undefined;
        if (message === undefined) continue;
        this.onMessage(message);
        this.#deliver(message);
      }
    }
    throw new Error("the nodes never come to rest");
  }

  /** All that a node holds at home: place, key and hash of each copy, in order. */
  holdings(member: string): readonly string[] {
    const { storage } = this.of(member);
    const homes = storage.places().filter(({ kind }) => kind === "home");
    const held = homes.flatMap((place) =>
      Array.from(storage.all(place), ([key, hash]) => `${place.partition}/${place.n}/${key}/${hash}`),
    );
    return held.sort();
  }

  /** `sinceMs`: the others have heard nothing of it for so long. */
  pause(member: string, sinceMs = 20): void {
    this.of(member).isPaused = true;
    this.nowMs += sinceMs;
  }

  /** All that was sent to the node since it was paused arrives first, in one step. */
  resume(member: string): void {
    this.of(member).isPaused = false;
    const messages = this.#waiting.get(member) ?? [];
    this.#waiting.delete(member);
    this.#step(
      member,
      messages.map((message) => ({ type: "receive", message })),
    );
    this.settle();
  }

  #deliver(message: Message): void {
    const { to } = message;
    if (this.of(to).isPaused) this.#waiting.set(to, [...(this.#waiting.get(to) ?? []), message]);
    else this.#step(to, [{ type: "receive", message }]);
  }

  /** Wants the next page of what this member was asked. False: there was none. */
  more(member: string, id: number): boolean {
    const answer = this.answer(id);
    const { more } = (answer?.ok === true ? answer.value : {}) as Partial<Page<unknown>>;
    if (more === undefined) return false;
    more();
    this.#step(member, []);
    this.settle();
    return true;
  }

  /** All copies of a key at home, by node. */
  copies(key: string): Readonly<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const [member, { storage }] of this.nodes) {
      for (const place of storage.places()) {
        if (place.kind !== "home") continue;
        for (const [each, hash] of storage.all(place)) if (each.endsWith(key)) found[member] = String(hash);
      }
    }
    return found;
  }

  #step(member: string, inputs: Parameters<Leaderless["step"]>[0]): void {
    const { node, isPaused } = this.of(member);
    if (isPaused) {
      this.#busy.delete(member);
      return;
    }
    const { send, answers, events, isBusy } = node.step([{ type: "clock", nowMs: this.nowMs, wallMs: this.nowMs }, ...inputs]);
    for (const message of send) this.#mail.push(sentBy(member, message));
    if (isBusy) this.#busy.add(member);
    else this.#busy.delete(member);
    for (const { id, answer } of answers) this.#answers.set(id, answer);
    for (const event of events) this.events.push({ node: member, event });
  }
}

type Put = Extract<Request, { type: "put" }>;

/** What a client puts that has seen nothing; `more`: what it says besides, or otherwise. */
export function putOf(key: string, value: string, more: Partial<Put> = {}): Put {
  const content = { ...bareContent, value: Buffer.from(value), contentType: "text/plain" };
  return {
    type: "put",
    name: nameOf(key),
    context: undefined,
    content,
    options: {},
    condition: "none",
    returnBody: false,
    ...more,
  };
}

export function nameOf(key: string): ObjectName {
  return { type: "default", bucket: "b", key };
}
