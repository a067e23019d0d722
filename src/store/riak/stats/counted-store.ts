import type { Answer, LeaderlessStore, ObjectName, ReadObject, Request } from "../../leaderless/api.js";
import type { Requests, Statistics } from "./statistics.js";

/** The store, with every question of its clients counted. */
export function countedStore(store: LeaderlessStore, statistics: Statistics): LeaderlessStore {
  return {
    nodeName: store.nodeName,
    ask: <R extends Request>(request: R, answer: (answer: Answer<R["type"]>) => void): (() => void) => {
      const requests = requestsOf(request, statistics);
      if (requests === undefined) return store.ask(request, answer);
      const under = new UnderWay(requests, statistics);
      const cancel = store.ask(request, (said) => {
        under.answered(said);
        if (said.ok && request.type === "get")
          sizeUp(request.name, said.value as Extract<Answer<"get">, { ok: true }>["value"], statistics);
        answer(said);
      });
      return () => {
        under.end();
        cancel();
      };
    },
  };
}

function requestsOf({ type }: Request, { gets, puts, indexes, lists }: Statistics): Requests | undefined {
  switch (type) {
    case "get":
    case "fetchDataType":
      return gets;
    case "put":
    case "delete":
    case "updateDataType":
      return puts;
    case "index":
      return indexes;
    case "listBuckets":
    case "listKeys":
      return lists;
    default:
      return undefined;
  }
}

/** One question. Its first answer counts; with more pages to come it stays active. */
class UnderWay {
  readonly #requests: Requests;
  readonly #statistics: Statistics;
  readonly #beganMs: number;
  #isAnswered = false;
  #isOver = false;

  constructor(requests: Requests, statistics: Statistics) {
    this.#requests = requests;
    this.#statistics = statistics;
    this.#beganMs = statistics.nowMs();
    requests.active++;
  }

  answered(answer: Answer<Request["type"]>): void {
    const { answered, failed, rejected, times } = this.#requests;
    const nowMs = this.#statistics.nowMs();
    if (!this.#isAnswered) {
      answered.add(nowMs);
      times.add(nowMs, (nowMs - this.#beganMs) * 1000);
    }
    this.#isAnswered = true;
    if (!answer.ok) {
      failed.add(nowMs);
      if (answer.failure.reason.type === "overload") rejected.add(nowMs);
    }
    if (!answer.ok || !hasMore(answer.value)) this.end();
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#requests.active--;
  }
}

function hasMore(value: unknown): boolean {
  return typeof value === "object" && value !== null && "more" in value && value.more !== undefined;
}

function sizeUp(name: ObjectName, found: Extract<Answer<"get">, { ok: true }>["value"], statistics: Statistics): void {
  if (found.siblings === "notfound") return;
  const nowMs = statistics.nowMs();
  statistics.siblings.add(nowMs, found.siblings.length);
  statistics.objectSizes.add(nowMs, bytesOf(name, found));
}

function bytesOf({ type, bucket, key }: ObjectName, { context, siblings }: ReadObject): number {
  let bytes = type.length + bucket.length + key.length + context.length;
  for (const { value, contentType, userMeta, indexes, links } of siblings) {
    bytes += value.length + (contentType ?? "").length;
    for (const [name, said] of [...userMeta, ...indexes]) bytes += name.length + said.length;
    for (const link of links) bytes += link.bucket.length + link.key.length + link.tag.length;
  }
  return bytes;
}
