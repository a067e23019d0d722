// Shows that every record of a cluster reaches its receiver once and in its node's order, whatever the receiver answers and whoever is restarted, and that what is lost is counted.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { LogLine } from "../../src/core/log-record.js";
import { createLog } from "../../src/core/log-line.js";
import type { ShipCounts } from "../../src/core/ship-contract.js";
import { createBookmarkFile } from "../../src/ship/bookmark-file.js";
import { logsUrl } from "../../src/ship/endpoint.js";
import { createSender, type Sender } from "../../src/ship/sender.js";
import { ship, type ShipperParts } from "../../src/ship/shipper.js";
import { stampAt } from "../logs/docker-log.js";
import { FakeContainer, FakeEngine } from "../logs/fake-engine.js";
import { OtlpReceiver, type Received } from "../support/otlp-receiver.js";
import { freed } from "../support/ports.js";

let engine: FakeEngine;
let receiver: OtlpReceiver;
let dir: string;

beforeEach(async () => {
  engine = new FakeEngine();
  dir = await mkdtemp(join(tmpdir(), "devious-ship-"));
  receiver = await OtlpReceiver.listen();
  onTestFinished(async () => {
    await receiver.close();
    await rm(dir, { recursive: true });
  });
});

/** A running node with so many lines said, one a millisecond. */
function node(name: string, lines: number, options: ConstructorParameters<typeof FakeContainer>[2] = {}): FakeContainer {
  const container = new FakeContainer("demo", name, options);
  container.state = "running";
  speak(container, 0, lines);
  engine.add(container);
  return container;
}

function speak(container: FakeContainer, from: number, to: number): void {
  for (let at = from; at < to; at++) container.say(at * 1e6, `line ${at}\n`);
}

interface Shipper {
  readonly log: LogLine[];
  /** Tells it to end, and what it counted. */
  end(): Promise<ShipCounts>;
  readonly done: Promise<ShipCounts>;
  readonly pauses: number[];
}

/**
 * Waits as long as it takes for one that takes records, since what was taken and not heard of in time is sent twice.
 * Of one that refuses it hears soon: a second is the least after which the exporter asks again itself.
 */
function patientSender(): Sender {
  const options = { url: logsUrl(receiver.url), headers: { "x-key": "k" } };
  const patient = createSender({ ...options, timeoutMs: 60_000 });
  const quick = createSender({ ...options, timeoutMs: 700 });
  return { send: (records) => (receiver.refuses ? quick : patient).send(records) };
}

function start(options: Partial<ShipperParts> = {}): Shipper {
  const stop = new AbortController();
  const log: LogLine[] = [];
  const pauses: number[] = [];
  const done = ship({
    engine,
    cluster: "demo",
    except: new Set(["shipper", "away"]),
    otlp: receiver.url,
    sender: patientSender(),
    file: createBookmarkFile(dir),
    log: createLog(
      "shipper",
      () => 0,
      (line) => log.push(JSON.parse(line) as LogLine),
    ),
    stop: stop.signal,
    graceMs: 5000,
    engineAwayMs: 100,
    pause: async (ms) => {
      pauses.push(ms);
      await sleep(5);
    },
    limits: { entries: 50, chars: 1024 * 1024, waitMs: 10 },
    progressMs: 20,
    ...options,
  });
  // whoever expects a failure looks at it himself
  done.catch(() => undefined);
  onTestFinished(async () => {
    stop.abort();
    await done.catch(() => undefined);
  });
  return {
    log,
    pauses,
    done,
    end: () => {
      stop.abort();
      return done;
    },
  };
}

const linesOf = (name: string, records: readonly Received[] = receiver.taken): unknown[] =>
  records
    .filter(({ resource, attributes }) => resource["service.instance.id"] === name && attributes["log.iostream"] !== "engine")
    .map(({ body }) => body);
const lines = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, at) => `line ${from + at}`);
const events = ({ log }: Shipper): string[] => log.map(({ event }) => event).filter((event) => event !== "ship-progress");
const taken = (count: number): Promise<void> => expect.poll(() => receiver.taken.length).toBeGreaterThanOrEqual(count);

describe("a shipper", () => {
  it("sends all that nodes, agent and engine say, and nothing of those left out", async () => {
    const n1 = node("n1", 120);
    const n2 = node("n2", 80);
    node("away", 10);
    const agent = node("agent", 0, { role: "agent" });
    agent.say(5, '{"ts":"x","level":"warn","node":"chaos","event":"fault-applied","msg":"cut","fault":"f1"}\n');
    agent.say(6, "an answer\n", "stderr");
    node("s", 3, { role: "shipper" });
    n1.say(200e6, "aside\n", "stderr");
    const shipper = start();
    await taken(202);
    speak(n2, 80, 90);
    engine.eventTs = stampAt(1e9);
    engine.stop(n2);
    await taken(213);
    const counts = await shipper.end();
    expect(counts).toEqual({ sent: 213, dropped: 0, gaps: 0, waiting: 0, sentUpTo: stampAt(1e9) });
    expect(linesOf("n1")).toEqual([...lines(0, 120), "aside"]);
    expect(linesOf("n2")).toEqual(lines(0, 90));
    expect(linesOf("chaos")).toEqual(["cut"]);
    expect(linesOf("away")).toEqual([]);
    expect(linesOf("shipper")).toEqual([]);
    expect(receiver.taken.find(({ body }) => body === "aside")?.attributes).toMatchObject({ "log.iostream": "stderr" });
    expect(receiver.taken.find(({ eventName }) => eventName === "container-died")?.attributes).toMatchObject({
      "log.iostream": "engine",
      "devious.seq": 1,
    });
    expect(events(shipper)).toEqual(["ship-began", "ship-ended"]);
    expect(shipper.log.at(-1)).toMatchObject({ event: "ship-ended", ...counts });
    const [request] = receiver.requests;
    expect(request?.path).toBe("/v1/logs");
    expect(request?.headers).toMatchObject({
      "content-type": "application/x-protobuf",
      "content-encoding": "gzip",
      "x-key": "k",
    });
    for (const { records } of receiver.requests) expect(records.length).toBeLessThanOrEqual(50);
  });

  it("waits for a cluster that has no containers yet", async () => {
    const shipper = start();
    await sleep(20);
    const n1 = node("n1", 5);
    engine.start(n1);
    await taken(5);
    await shipper.end();
    expect(linesOf("n1")).toEqual(lines(0, 5));
  });

  it("reads a terminal's stream", async () => {
    node("n1", 60, { tty: true });
    const shipper = start();
    await taken(60);
    await shipper.end();
    expect(linesOf("n1")).toEqual(lines(0, 60));
  });

  it("says itself what it does, at its own pace", async () => {
    const n1 = node("n1", 10);
    const shipper = start();
    await expect.poll(() => shipper.log.at(-1)).toMatchObject({ event: "ship-progress", level: "debug", sent: 10, waiting: 0 });
    const told = shipper.log.length;
    await sleep(100);
    expect(shipper.log.length).toBe(told);
    speak(n1, 10, 11);
    await expect.poll(() => shipper.log.at(-1)).toMatchObject({ sent: 11 });
    await shipper.end();
  });
});

describe("a receiver that", () => {
  it("is away for a while gets everything once and in order, when it is back", async () => {
    const { port } = new URL(receiver.url);
    const n1 = node("n1", 130);
    node("n2", 70);
    await receiver.close();
    const shipper = start();
    await expect.poll(() => shipper.pauses.length).toBeGreaterThan(4);
    expect(shipper.pauses.slice(0, 5)).toEqual([1000, 2000, 4000, 8000, 16_000]);
    speak(n1, 130, 140);
    await freed(Number(port));
    receiver = await OtlpReceiver.listen(Number(port));
    await taken(210);
    await shipper.end();
    expect([linesOf("n1"), linesOf("n2")]).toEqual([lines(0, 140), lines(0, 70)]);
    expect(events(shipper)).toEqual(["ship-began", "ship-stalled", "ship-resumed", "ship-ended"]);
    expect(shipper.log.find(({ event }) => event === "ship-stalled")?.["why"]).toMatch(/ECONNREFUSED/);
  });

  it.each<[string, number | "reset", RegExp]>([
    ["is busy", 503, /again later/],
    ["limits the rate", 429, /again later/],
    ["has a gateway that waits", 504, /again later/],
    ["breaks the connection", "reset", /socket hang up|ECONNRESET/],
    ["wants other credentials", 401, /401 Unauthorized: no such token/],
    ["has moved", 404, /404 Not Found/],
    ["fails", 500, /500 Internal Server Error/],
  ])("%s is asked again until it takes them", async (_what, status, why) => {
    node("n1", 120);
    receiver.refuse({ status, message: "no such token" }, 3);
    const shipper = start();
    await taken(120);
    await shipper.end();
    expect(linesOf("n1")).toEqual(lines(0, 120));
    expect(events(shipper)).toEqual(["ship-began", "ship-stalled", "ship-resumed", "ship-ended"]);
    expect(shipper.log.find(({ event }) => event === "ship-stalled")?.["why"]).toMatch(why);
  });

  it("says when it wants to be asked again is asked then, which is no trouble", async () => {
    node("n1", 20);
    let left = 1;
    receiver.answer = () => (left-- > 0 ? { status: 503, headers: { "Retry-After": "1" } } : { status: 200 });
    const shipper = start();
    await taken(20);
    await shipper.end();
    expect(linesOf("n1")).toEqual(lines(0, 20));
    expect(receiver.requests.length).toBe(2);
    expect(events(shipper)).toEqual(["ship-began", "ship-ended"]);
  });

  it("never answers is given up, and asked again", async () => {
    node("n1", 20);
    receiver.refuse({ status: 503, afterMs: 60_000 }, 2);
    const shipper = start();
    await taken(20);
    await shipper.end();
    expect(linesOf("n1")).toEqual(lines(0, 20));
  });

  it("finds a batch bad does not get it again, and what comes after it arrives", async () => {
    node("n1", 150);
    receiver.answer = ({ records }) =>
      records.some(({ body }) => body === "line 60") ? { status: 400, message: "bad line" } : { status: 200 };
    const shipper = start();
    await taken(100);
    const counts = await shipper.end();
    expect(linesOf("n1")).toEqual([...lines(0, 50), ...lines(100, 150)]);
    expect(counts).toMatchObject({ sent: 100, dropped: 50, waiting: 0 });
    expect(shipper.log.find(({ event }) => event === "ship-dropped")).toMatchObject({
      level: "error",
      count: 50,
      why: "400 Bad Request: bad line",
    });
  });

  it("finds a batch too large gets halves of it, and loses what is too large alone", async () => {
    node("n1", 100);
    receiver.answer = ({ records }) =>
      records.length > 7 || records.some(({ body }) => body === "line 33") ? { status: 413 } : { status: 200 };
    const shipper = start();
    await taken(99);
    const counts = await shipper.end();
    expect(linesOf("n1")).toEqual([...lines(0, 33), ...lines(34, 100)]);
    expect(counts).toMatchObject({ sent: 99, dropped: 1, waiting: 0 });
  });

  it("takes a part is believed about the rest", async () => {
    node("n1", 100);
    let first = true;
    receiver.answer = () => {
      const rejected = first ? 3 : 0;
      first = false;
      return { status: 200, rejected, message: rejected > 0 ? "too old" : "" };
    };
    const shipper = start();
    await taken(100);
    const counts = await shipper.end();
    expect(counts).toMatchObject({ sent: 97, dropped: 3, waiting: 0 });
    expect(shipper.log.find(({ event }) => event === "ship-dropped")).toMatchObject({ count: 3, why: "too old" });
  });

  it("takes nothing keeps little in memory: what is not sent is not read", async () => {
    node("n1", 40_000);
    let bytes = 0;
    const watched = Object.assign(Object.create(engine) as FakeEngine, {
      logs: async function* (...args: Parameters<FakeEngine["logs"]>) {
        for await (const chunk of engine.logs(...args)) {
          bytes += chunk.length;
          yield chunk;
        }
      },
    });
    receiver.refuse();
    const shipper = start({ engine: watched, graceMs: 200 });
    await expect.poll(() => shipper.pauses.length).toBeGreaterThan(20);
    const lineBytes = 8 + 31 + "line 10000\n".length;
    expect(bytes / lineBytes).toBeLessThan(12_000);
    const waiting = shipper.log.flatMap((line) => (line.event === "ship-progress" ? [Number(line["waiting"])] : []));
    expect(Math.max(...waiting)).toBeLessThan(1200);
  });
});

describe("told to end, a shipper", () => {
  it("first sends what has been said by then", async () => {
    const n1 = node("n1", 100);
    receiver.answer = () => ({ status: 200, afterMs: 20 });
    const shipper = start();
    await taken(1);
    speak(n1, 100, 400);
    expect(await shipper.end()).toMatchObject({ sent: 400, waiting: 0 });
    expect(linesOf("n1")).toEqual(lines(0, 400));
  });

  it("does not wait for a receiver that is away longer than its grace, and counts what it leaves", async () => {
    const n1 = node("n1", 100);
    const shipper = start({ graceMs: 8000 });
    await taken(100);
    receiver.refuse();
    speak(n1, 100, 3000);
    expect(await shipper.end()).toMatchObject({ sent: 100, waiting: 2900, sentUpTo: stampAt(99e6) });
    receiver.accept();
    expect(await start().end()).toMatchObject({ sent: 3000, waiting: 0 });
    expect(linesOf("n1")).toEqual(lines(0, 3000));
  });
});

describe("after a restart, a shipper", () => {
  it("goes on where the last one ended: nothing twice, and numbers go on", async () => {
    const n1 = node("n1", 70);
    engine.eventTs = stampAt(10);
    engine.past = [];
    const first = start();
    await taken(70);
    engine.start(n1);
    await taken(71);
    await first.end();
    speak(n1, 70, 200);
    engine.past = [{ id: n1.id, ts: stampAt(10), action: "start", labels: n1.labels, exitCode: undefined, health: undefined }];
    const second = start();
    await taken(201);
    expect(await second.end()).toMatchObject({ sent: 201, dropped: 0, waiting: 0 });
    expect(linesOf("n1")).toEqual(lines(0, 200));
    expect(receiver.taken.filter(({ eventName }) => eventName === "container-started").length).toBe(1);
    const seqs = receiver.taken.filter(({ eventName }) => eventName === "").map(({ attributes }) => attributes["devious.seq"]);
    expect(seqs).toEqual(lines(0, 200).map((_, at) => at + 1));
  });

  it.each([
    ["was on its way", false, 0],
    ["had arrived and was not acknowledged", true, 50],
  ])("repeats at most the batch that %s when the last one was killed", async (_what, arrived, repeated) => {
    node("n1", 1000);
    const real = createSender({ url: logsUrl(receiver.url), headers: {} });
    let batches = 0;
    const dying: Sender = {
      send: async (records) => {
        batches += 1;
        if (batches <= 7) return real.send(records);
        if (arrived) await real.send(records);
        return new Promise(() => undefined);
      },
    };
    const killed = start({ sender: dying, graceMs: 100 });
    await expect.poll(() => batches).toBe(8);
    if (arrived) await taken(400);
    const second = start();
    await taken(1000 + repeated);
    expect(await second.end()).toMatchObject({ sent: 1000, dropped: 0, gaps: 0, waiting: 0 });
    expect(linesOf("n1")).toEqual([...lines(0, 350 + repeated), ...lines(350, 1000)]);
    await killed.end();
  });

  it("tells of a gap where the engine has rotated away what was not read", async () => {
    const n1 = node("n1", 100);
    const first = start();
    await taken(100);
    await first.end();
    speak(n1, 100, 200);
    n1.log.splice(0, 150);
    const second = start();
    await taken(150);
    expect(await second.end()).toMatchObject({ sent: 150, gaps: 1 });
    expect(linesOf("n1")).toEqual([...lines(0, 100), ...lines(150, 200)]);
    expect(receiver.taken.find(({ body }) => body === "line 150")?.attributes["devious.flags"]).toEqual(["gap"]);
  });

  it("sends everything again where it cannot read how far the last one came, and keeps that aside", async () => {
    node("n1", 30);
    await writeFile(join(dir, "bookmark.json"), '{"places":');
    const shipper = start();
    await taken(30);
    await shipper.end();
    expect(events(shipper)).toEqual(["ship-began", "ship-bookmark-unreadable", "ship-ended"]);
    expect((await readdir(dir)).sort()).toEqual(["bookmark.json", "bookmark.json.unreadable"]);
    expect(await readFile(join(dir, "bookmark.json.unreadable"), "utf8")).toBe('{"places":');
  });

  it("goes on sending where it cannot save how far it has come, and says so once", async () => {
    node("n1", 200);
    const save = async (): Promise<void> => Promise.reject(new Error("no space left"));
    const shipper = start({ file: { ...createBookmarkFile(dir), save } });
    await taken(200);
    await shipper.end();
    expect(events(shipper)).toEqual(["ship-began", "ship-bookmark-unsaved", "ship-ended"]);
  });
});

it("a shipper whose engine is lost ends, whatever the receiver does, and the next one goes on", async () => {
  node("n1", 100);
  receiver.answer = () => {
    receiver.refuse();
    return { status: 200 };
  };
  const shipper = start();
  await expect.poll(() => events(shipper)).toContain("ship-stalled");
  engine.cut(true);
  await expect(shipper.done).rejects.toMatchObject({ code: "ENGINE_UNREACHABLE" });
  engine.reachable = true;
  receiver.accept();
  const next = start();
  await taken(100);
  expect(await next.end()).toMatchObject({ sent: 100, waiting: 0 });
  expect(linesOf("n1")).toEqual(lines(0, 100));
});
