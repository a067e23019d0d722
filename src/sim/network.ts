import type { Prng } from "../core/prng.js";
import type { Timeline } from "./timeline.js";

/** What may happen to any message. */
export interface Weather {
  readonly delayMs: readonly [min: number, max: number];
  readonly lossProbability: number;
  readonly duplicateProbability: number;
  /** A message that takes this much longer is overtaken by later ones. */
  readonly straggler: { readonly probability: number; readonly delayMsMax: number };
}

/** Anything that goes from member to member, by number or by name. */
interface Addressed {
  readonly from: number | string;
  readonly to: number | string;
}

/** Whether `to` does not hear `from`. */
export type Cut<Id> = (from: Id, to: Id) => boolean;

/** What faults do to a network. */
export interface Troubled<Id> {
  cut(cut: Cut<Id>): () => void;
  change(weather: (usual: Weather) => Weather): () => void;
  calm(): void;
}

/** Of the messages that are lost, the share whose sender hears of it, and how long that takes at most. */
const noticeProbability = 0.3;
const noticeMsMax = 100;

/** A seeded network between members: each message is lost, delayed, doubled or overtaken on its own. */
export class SimNetwork<Message extends Addressed> implements Troubled<Message["from"]> {
  readonly #timeline: Timeline;
  readonly #prng: Prng;
  readonly #deliver: (message: Message) => void;
  readonly #noticeLoss: (message: Message) => void;
  readonly #weathers: Weather[];
  readonly #cuts = new Set<Cut<Message["from"]>>();

  constructor(
    timeline: Timeline,
    prng: Prng,
    weather: Weather,
    deliver: (message: Message) => void,
    noticeLoss: (message: Message) => void,
  ) {
    this.#timeline = timeline;
    this.#prng = prng;
    this.#weathers = [weather];
    this.#deliver = deliver;
    this.#noticeLoss = noticeLoss;
  }

  /** Changes the weather until the returned function is called; the newest change counts. */
  change(weather: (usual: Weather) => Weather): () => void {
    const changed = weather(this.#weathers[0] as Weather);
    this.#weathers.push(changed);
    return () => void this.#weathers.splice(this.#weathers.indexOf(changed), 1);
  }

  /** From here on every message arrives, soon and once. */
  calm(): void {
    const { delayMs } = this.#weathers[0] as Weather;
    this.#weathers.push({ delayMs, lossProbability: 0, duplicateProbability: 0, straggler: { probability: 0, delayMsMax: 0 } });
  }

  /** Cuts until the returned function is called. Cuts overlap; like real ones they also swallow what is on its way. */
  cut(cut: Cut<Message["from"]>): () => void {
    this.#cuts.add(cut);
    return () => void this.#cuts.delete(cut);
  }

  /** `isOnce`: as TCP has it, never doubled. */
  send(message: Message, isOnce = false): void {
    const { delayMs, lossProbability, duplicateProbability, straggler } = this.#weathers.at(-1) as Weather;
    const prng = this.#prng;
    if (prng.chance(lossProbability)) return this.#lose(message);
    const copies = !isOnce && prng.chance(duplicateProbability) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const [minMs, maxMs] = delayMs;
      const lateMs = prng.chance(straggler.probability) ? prng.next() * straggler.delayMsMax : 0;
      this.#timeline.after(minMs + prng.next() * (maxMs - minMs) + lateMs, () => {
        for (const cut of this.#cuts) if (cut(message.from, message.to)) return this.#lose(message);
        this.#deliver(message);
      });
    }
  }

  #lose(message: Message): void {
    if (!this.#prng.chance(noticeProbability)) return;
    this.#timeline.after(this.#prng.next() * noticeMsMax, () => this.#noticeLoss(message));
  }
}
