import { answerTo } from "../../../../src/store/leaderless/exchange/answering.js";
import { Exchange } from "../../../../src/store/leaderless/exchange/exchange.js";
import type { ExchangeAnswer, ExchangeAsk } from "../../../../src/store/leaderless/exchange/messages.js";
import type { HomePlace } from "../../../../src/store/leaderless/storage.js";
import { MemoryStorage } from "../machine/memory-storage.js";

export const place: HomePlace = { kind: "home", partition: 3, n: 3 };

/** Two owners of a place, and what is on its way between them. The driver's side is `ours`. */
export class TwoStores {
  readonly ours = new MemoryStorage();
  readonly theirs = new MemoryStorage();
  nowMs = 0;
  /** Whether background work may go on. */
  mayGoOn = true;
  /** What of one side goes to nobody who has nothing. */
  isForgotten: (object: Uint8Array) => boolean = () => false;
  /** Comes between an ask and its answer. */
  meanwhile: (ask: ExchangeAsk) => void = () => undefined;
  /** Takes the place of an answer. */
  answer: (ask: ExchangeAsk, answer: ExchangeAnswer | undefined) => ExchangeAnswer | undefined = (_, answer) => answer;
  readonly asks: ExchangeAsk[] = [];
  /** Objects that were sent, by key. */
  readonly sent: string[] = [];
  #asked: Exclude<ExchangeAsk, { readonly type: "end" }> | undefined;
  #written: { readonly request: number; readonly key: string; readonly object: Uint8Array }[] = [];

  put(to: MemoryStorage, key: string, value: string): void {
    take(to, key, Buffer.from(value));
  }

  /** What a side holds, as texts. */
  holdings(of: MemoryStorage): Readonly<Record<string, string>> {
    const keys = Array.from({ length: 1024 }, (_, segment) => Array.from(of.entries(place, segment), ([key]) => key)).flat();
    return Object.fromEntries(keys.sort().map((key) => [key, Buffer.from(of.get(place, key) ?? []).toString()]));
  }

  begin(): Exchange {
    this.#asked = undefined;
    this.#written = [];
    return new Exchange({
      place,
      storage: this.ours,
      nowMs: () => this.nowMs,
      ask: (ask) => {
        this.asks.push(ask);
        if (ask.type !== "end") this.#asked = ask;
      },
      write: (key, object) => {
        const request = this.sent.push(key);
        this.#written.push({ request, key, object });
        return request;
      },
      take: (key, object) => take(this.ours, key, object),
      isForgotten: (_, object) => this.isForgotten(object),
      spend: () => undefined,
      mayGoOn: () => this.mayGoOn,
    });
  }

  /** Brings everything where it belongs, until the exchange is over or so many steps were made. Returns whether it is. */
  run(exchange: Exchange, stepsMax = 100_000): boolean {
    for (let step = 0; step < stepsMax && exchange.end === undefined; step++) this.#step(exchange);
    return exchange.end !== undefined;
  }

  #step(exchange: Exchange): void {
    const asked = this.#asked;
    const [written] = this.#written.splice(0, 1);
    if (written !== undefined) {
      take(this.theirs, written.key, written.object);
      exchange.written(written.request, true);
    } else if (asked !== undefined) {
      this.#asked = undefined;
      this.meanwhile(asked);
      const isSame = asked.type === "root" && asked.root === this.theirs.tree(place).root();
      const answer = this.answer(asked, isSame ? { type: "same" } : answerTo(asked, place, this.theirs));
      if (answer !== undefined) exchange.answered(answer);
    } else {
      this.nowMs += 100;
      exchange.tick();
    }
  }
}

/** The dumbest merge there is: the greater bytes win. */
function take(into: MemoryStorage, key: string, object: Uint8Array): Uint8Array {
  const held = into.get(place, key);
  if (held !== undefined && Buffer.compare(held, object) >= 0) return held;
  into.put(place, key, object);
  return object;
}
