// Shows that the logs of a cluster are one ordered story without loss or repeat, over restarts, broken connections, silence and removal.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { label } from "../../src/core/labels.js";
import type { LogRecord } from "../../src/core/log-record.js";
import { Bell } from "../../src/logs/bell.js";
import type { Entry } from "../../src/logs/entry.js";
import { readEntries, readLogs, type ReadLogsOptions } from "../../src/logs/tail.js";
import { Tally } from "../../src/logs/tally.js";
import type { ContainerEvent } from "../../src/engine/port.js";
import { stampAt } from "./docker-log.js";
import { away, FakeContainer, FakeEngine } from "./fake-engine.js";

const ms = 1_000_000;
const quick = { holdBackMs: 20, retryMs: 1, giveUpMs: 2000 };

const named = (record: LogRecord): string =>
  `${record.node}.${record.seq} ${record.msg.length > 20 ? `${record.msg.length} chars` : record.msg}${
    record.flags === undefined ? "" : ` (${record.flags.join()})`
  }`;

async function all(engine: FakeEngine, options: Partial<ReadLogsOptions> = {}): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const record of readLogs(engine, "demo", { follow: false, ...quick, ...options })) records.push(record);
  return records;
}

/** A story that is followed: what it has said so far, and ways to wait for more. */
function following(engine: FakeEngine, options: Partial<ReadLogsOptions> = {}) {
  const stop = new AbortController();
  const records: LogRecord[] = [];
  let over = false;
  const end = (async () => {
    try {
      for await (const record of readLogs(engine, "demo", { follow: true, signal: stop.signal, ...quick, ...options }))
        records.push(record);
    } finally {
      over = true;
    }
  })();
  return {
    records,
    end,
    async until(count: number): Promise<void> {
      for (let i = 0; i < 1000 && records.length < count && !over; i++) await new Promise((resolve) => setTimeout(resolve, 2));
      expect(records.length).toBeGreaterThanOrEqual(count);
    },
    async stop(): Promise<string[]> {
      stop.abort();
      await end;
      return records.map(named);
    },
  };
}

function threeNodes(): { engine: FakeEngine; n1: FakeContainer; n2: FakeContainer; agent: FakeContainer } {
  const engine = new FakeEngine();
  const [n1, n2] = [new FakeContainer("demo", "n1"), new FakeContainer("demo", "n2")];
  const agent = new FakeContainer("demo", "agent", { role: "agent" });
  for (const container of [n1, n2, agent]) engine.start(container);
  return { engine, n1, n2, agent };
}

describe("what has been said", () => {
  it("comes in the order of the stamps, the agent's records among it and its replies not", async () => {
    const { engine, n1, n2, agent } = threeNodes();
    n1.say(1, "a\n");
    n1.say(4, "d\n");
    n2.say(2, "b\n");
    agent.say(3, "fault\n");
    agent.say(3, '{"id":"7","ok":true}\n', "stderr");
    agent.say(5, "healed\n");
    const records = await all(engine);
    expect(records.map(named)).toEqual(["n1.1 a", "n2.1 b", "chaos.1 fault", "n1.2 d", "chaos.2 healed"]);
    expect(records[0]).toEqual({
      ts: stampAt(1),
      cluster: "demo",
      service: "kv",
      node: "n1",
      stream: "stdout",
      level: "info",
      event: "",
      msg: "a",
      fields: {},
      seq: 1,
    });
  });

  it("includes 40 KiB lines, last words, stopped containers and stamps that step back", async () => {
    const { engine, n1, n2 } = threeNodes();
    n1.say(2, `${"x".repeat(40_960)}\n`);
    n1.say(1, "err\n", "stderr");
    n1.say(3, "last words");
    engine.stop(n1);
    n2.say(4, "b\n");
    const records = await all(engine);
    expect(records.map(named)).toEqual(["n1.1 40960 chars (joined)", "n1.2 err (clamped)", "n1.3 last words", "n2.1 b"]);
    expect(records[1]).toMatchObject({ ts: stampAt(2), stream: "stderr" });
  });

  it("of a container with a TTY is read without frames", async () => {
    const engine = new FakeEngine();
    const n1 = new FakeContainer("demo", "n1", { tty: true });
    engine.start(n1);
    n1.say(1, `${"x".repeat(20_000)}\r\n`);
    n1.say(2, "b\r\n");
    expect((await all(engine)).map(named)).toEqual(["n1.1 20000 chars (joined)", "n1.2 b"]);
  });

  it("can be cut down, and is numbered from where it is read", async () => {
    const { engine, n1, n2 } = threeNodes();
    for (let i = 1; i <= 6; i++) n1.say(i, i % 2 === 0 ? `ERROR ${i}\n` : `${i}\n`);
    n2.say(4, "b\n");
    const told = async (options: Partial<ReadLogsOptions>): Promise<string[]> => (await all(engine, options)).map(named);
    expect(await told({ tail: 2 })).toEqual(["n2.1 b", "n1.5 5", "n1.6 ERROR 6"]);
    expect(await told({ tail: 0 })).toEqual([]);
    expect(await told({ filter: { since: stampAt(5) } })).toEqual(["n1.1 5", "n1.2 ERROR 6"]);
    expect(await told({ filter: { nodes: new Set(["n2"]) } })).toEqual(["n2.1 b"]);
    expect(await told({ filter: { minLevel: "error" }, tail: 2 })).toEqual(["n1.4 ERROR 4", "n1.6 ERROR 6"]);
  });

  it("is read from its end where its last is asked for, and the last is the same", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("a", "b", "ERROR c"), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 3000 }),
        fc.nat(40),
        fc.boolean(),
        async (said, lines, tail, onlyErrors) => {
          const { engine, n1 } = threeNodes();
          for (let i = 1; i <= lines; i++) n1.say(i * 20 * ms, `${said[i % said.length]} ${i}\n`);
          const filter = onlyErrors ? { minLevel: "error" as const } : {};
          const texts = (records: readonly LogRecord[]): string[] => records.map(({ msg }) => msg);
          const everything = texts(await all(engine, { filter }));
          n1.reads.splice(0);
          expect(texts(await all(engine, { filter, tail }))).toEqual(tail === 0 ? [] : everything.slice(-tail));
          const fromItsStart = n1.reads.some((read) => (read.since ?? read.tail) === undefined);
          expect(fromItsStart && !onlyErrors && lines > 2 * (200 + 2 * tail)).toBe(false);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("tells beside its last of every fault before, and of what is not asked for of those to come", async () => {
    const { engine, n1, agent } = threeNodes();
    const chaos = (ns: number, event: string, fault?: string): void =>
      agent.say(
        ns,
        `${JSON.stringify({ level: event === "look" ? "warn" : "info", event, msg: event, fault, nodes: ["n1"] })}\n`,
      );
    chaos(1, "fault-applied", "f1");
    chaos(2, "look");
    for (let i = 3; i <= 6; i++) n1.say(i, `ERROR ${i}\n`);
    chaos(7, "fault-applied", "f2");
    chaos(8, "look");
    const options = { faultsToo: true, tail: 1, filter: { minLevel: "warn" as const }, ...quick };
    const expected = ["fault-applied?", "ERROR 6", "fault-applied?", "look"];
    const told: string[] = [];
    const tell = ({ record, isAside }: Entry): unknown => told.push(`${record.msg}${isAside ? "?" : ""}`);
    for await (const entries of readEntries(engine, "demo", { follow: false, ...options })) entries.forEach(tell);
    expect(told).toEqual(expected);

    told.splice(0);
    const stop = new AbortController();
    for await (const entries of readEntries(engine, "demo", { follow: true, signal: stop.signal, ...options })) {
      entries.forEach(tell);
      if (told.length === 4) chaos(9, "fault-healed", "f2");
      if (told.length === 5) stop.abort();
    }
    expect(told).toEqual([...expected, "fault-healed?"]);
  });

  it("keeps a stack trace together, also while following, and lets no other line into it", async () => {
    const { engine, n1 } = threeNodes();
    const trace = ["Error: broken", "    at f (a.js:1:1)", "    at g (b.js:2:2)"];
    const say = (from: number): void => {
      for (const [i, line] of trace.entries()) n1.say((from + i) * ms, `${line}\n`, "stderr");
    };
    say(1);
    n1.say(5 * ms, "    at no trace of its own\n");
    n1.say(6 * ms, "next\n");
    const whole = trace.join("\n");
    const past = await all(engine);
    expect(past.map(({ msg }) => msg)).toEqual([whole, "    at no trace of its own", "next"]);
    expect(past[0]).toMatchObject({ level: "error", seq: 1, flags: ["joined"] });

    const story = following(engine);
    await story.until(3);
    say(10);
    await story.until(4);
    await story.stop();
    expect(story.records.at(-1)).toMatchObject({ msg: whole, seq: 4, flags: ["joined"] });
  });

  it("is understood as the node's label says", async () => {
    const engine = new FakeEngine();
    const format = { [label.logs]: JSON.stringify({ format: "json", message: "said", level: "how" }) };
    const n1 = new FakeContainer("demo", "n1", { labels: format });
    engine.start(n1);
    n1.say(1, `${JSON.stringify({ said: "hello", how: "warn", msg: "no" })}\n`);
    expect((await all(engine))[0]).toMatchObject({ level: "warn", msg: "hello", fields: { msg: "no" } });
  });

  it("is nothing where there is nothing, and an error where no engine answers", async () => {
    const engine = new FakeEngine();
    expect(await all(engine)).toEqual([]);
    engine.reachable = false;
    await expect(all(engine)).rejects.toThrow("no engine answers");
    await expect(all(engine, { follow: true })).rejects.toThrow("no engine answers");
  });

  it("is not read further ahead than needed while another log is slow", async () => {
    const { engine, n1, n2 } = threeNodes();
    for (let i = 0; i < 60_000; i++) n1.say(i, "a\n");
    n2.say(60_000, "b\n");
    const [read, gate] = [engine.logs.bind(engine), new Bell()];
    let ahead = 0;
    engine.logs = async function* (id, options) {
      if (id === n2.id) await gate.next();
      for await (const chunk of read(id, options)) {
        if (id === n1.id) ahead += chunk.length;
        yield chunk;
      }
    };
    const reading = all(engine);
    await expect.poll(() => ahead, { interval: 5 }).toBeGreaterThan(82_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    // a line is 41 bytes here, and 2,000 may be held
    expect(ahead).toBeLessThan(200_000);
    gate.ring();
    expect((await reading).map((record) => record.seq)).toEqual([...Array.from({ length: 60_000 }, (_, i) => i + 1), 1]);
  });
});

describe("following", () => {
  it("survives a restart that repeats a stamp, without loss or repeat", async () => {
    const { engine, n1 } = threeNodes();
    n1.say(1 * ms, "a\n");
    n1.say(2 * ms, "b\n");
    const story = following(engine);
    await story.until(2);
    n1.say(2 * ms, "c\n");
    await story.until(3);
    engine.stop(n1);
    n1.say(2 * ms, "d\n");
    engine.start(n1);
    n1.say(2 * ms, "e\n");
    n1.say(3 * ms, "f\n");
    await story.until(6);
    expect(await story.stop()).toEqual(["n1.1 a", "n1.2 b", "n1.3 c", "n1.4 d", "n1.5 e", "n1.6 f"]);
  });

  it("sees a start that comes while it is still finding out about the stop", async () => {
    const { engine, n1 } = threeNodes();
    const inspect = engine.inspectContainer;
    let restarted = false;
    engine.inspectContainer = async (id) => {
      const detail = await inspect(id);
      if (id === n1.id && detail?.state === "exited" && !restarted) {
        restarted = true;
        engine.start(n1);
        n1.say(2 * ms, "b\n");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return detail;
    };
    n1.say(1 * ms, "a\n");
    const story = following(engine);
    await story.until(1);
    engine.stop(n1);
    await story.until(2);
    expect(await story.stop()).toEqual(["n1.1 a", "n1.2 b"]);
  });

  it("goes on in the middle of a long line after the connection broke", async () => {
    const { engine, n1 } = threeNodes();
    n1.say(1 * ms, "a\n");
    n1.say(2 * ms, "x".repeat(16_384));
    n1.say(5 * ms, "between\n", "stderr");
    const story = following(engine);
    await story.until(2);
    engine.cut();
    n1.say(2 * ms, "the rest\n");
    await story.until(3);
    expect(await story.stop()).toEqual(["n1.1 a", "n1.2 between", "n1.3 16392 chars (joined,clamped)"]);
  });

  it("bears an engine that is away for a while, and asks again for all containers", async () => {
    const { engine, n1, n2 } = threeNodes();
    n1.say(1 * ms, "a\n");
    const story = following(engine);
    await story.until(1);
    engine.cut(true);
    n1.say(2 * ms, "b\n");
    engine.stop(n2);
    const n3 = new FakeContainer("demo", "n3");
    engine.start(n3);
    n3.say(3 * ms, "c\n");
    await new Promise((resolve) => setTimeout(resolve, 10));
    engine.reachable = true;
    engine.start(n2);
    n2.say(4 * ms, "d\n");
    await story.until(4);
    expect((await story.stop()).sort()).toEqual(["n1.1 a", "n1.2 b", "n2.1 d", "n3.1 c"]);
  });

  it("ends with the engine's error when that stays away", async () => {
    const { engine, n1 } = threeNodes();
    n1.say(1 * ms, "a\n");
    const story = following(engine, { giveUpMs: 20 });
    const failure = story.end.catch((error: unknown) => error);
    await story.until(1);
    engine.cut(true);
    expect(await failure).toEqual(away());
  });

  it("waits for no silent, paused or stopped node longer than the window", async () => {
    const { engine, n1, n2, agent } = threeNodes();
    const story = following(engine);
    n2.state = "paused";
    engine.stop(agent);
    n1.say(1 * ms, "a\n");
    await story.until(1);
    n1.say(2 * ms, "b\n");
    await story.until(2);
    expect(await story.stop()).toEqual(["n1.1 a", "n1.2 b"]);
  });

  it("puts in order what arrives out of order within the window", async () => {
    const { engine, n1, n2 } = threeNodes();
    const story = following(engine, { holdBackMs: 100 });
    await new Promise((resolve) => setTimeout(resolve, 10));
    n1.say(2 * ms, "second\n");
    await new Promise((resolve) => setTimeout(resolve, 10));
    n2.say(1 * ms, "first\n");
    await story.until(2);
    n2.say(1.5 * ms, "too late\n");
    await story.until(3);
    expect(await story.stop()).toEqual(["n2.1 first", "n1.1 second", "n2.2 too late (late)"]);
  });

  it("takes in new containers, counts a remade one from 1, and ends with the last", async () => {
    const { engine, n1, n2, agent } = threeNodes();
    n1.say(1 * ms, "a\n");
    const story = following(engine);
    await story.until(1);
    engine.remove(n1);
    const again = new FakeContainer("demo", "n1", { id: "id-n1-again" });
    engine.start(again);
    again.say(2 * ms, "b\n");
    await story.until(2);
    for (const container of [again, n2, agent]) engine.remove(container);
    await story.end;
    expect(story.records.map(named)).toEqual(["n1.1 a", "n1.1 b"]);
  });

  it("says where the engine has rotated lines away", async () => {
    const { engine, n1 } = threeNodes();
    n1.say(1 * ms, "a\n");
    const story = following(engine);
    await story.until(1);
    engine.cut(true);
    n1.log = [];
    n1.say(9 * ms, "b\n");
    n1.say(10 * ms, "c\n");
    engine.reachable = true;
    await story.until(3);
    expect(await story.stop()).toEqual(["n1.1 a", "n1.2 b (gap)", "n1.3 c"]);
  });

  it("reads a log in small files again and again, and says where it was rotated faster", async () => {
    const engine = new FakeEngine();
    const n1 = new FakeContainer("demo", "n1", { logFileBytes: 1024 });
    engine.start(n1);
    n1.say(1 * ms, "a\n");
    const story = following(engine);
    await story.until(1);
    n1.say(2 * ms, "b\n");
    await story.until(2);
    // faster than anybody can look
    n1.log = [];
    n1.say(9 * ms, "d\n");
    await story.until(3);
    n1.say(10 * ms, "last words\n");
    engine.stop(n1);
    await story.until(4);
    expect(await story.stop()).toEqual(["n1.1 a (gap)", "n1.2 b", "n1.3 d (gap)", "n1.4 last words"]);
    expect(n1.reads.every(({ follow }) => !follow)).toBe(true);
  });

  it("leaves out what the engine says twice when it rotates a log", async () => {
    const { engine, n1 } = threeNodes();
    const story = following(engine);
    n1.say(1 * ms, "a\n");
    n1.say(2 * ms, "b\n");
    await story.until(2);
    n1.say(1 * ms, "a\n");
    n1.say(2 * ms, "b\n");
    n1.say(3 * ms, "c\n");
    await story.until(3);
    expect(await story.stop()).toEqual(["n1.1 a", "n1.2 b", "n1.3 c"]);
  });

  it("tells the last of the past, then everything", async () => {
    const { engine, n1 } = threeNodes();
    for (let i = 1; i <= 5; i++) n1.say(i * ms, `${i}\n`);
    const story = following(engine, { tail: 2 });
    await story.until(2);
    n1.say(6 * ms, "6\n");
    n1.say(7 * ms, "7\n");
    n1.say(8 * ms, "8\n");
    await story.until(5);
    expect(await story.stop()).toEqual(["n1.4 4", "n1.5 5", "n1.6 6", "n1.7 7", "n1.8 8"]);
  });

  it("gives out what is held back when it is stopped, and lets go when its reader leaves", async () => {
    const { engine, n1 } = threeNodes();
    const story = following(engine, { holdBackMs: 60_000 });
    n1.say(1 * ms, "a\n");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(story.records).toEqual([]);
    expect(await story.stop()).toEqual(["n1.1 a"]);

    for await (const record of readLogs(engine, "demo", { follow: true, ...quick })) {
      expect(named(record)).toBe("n1.1 a");
      break;
    }
    expect(n1.reads.every(({ signal }) => signal?.aborted === true)).toBe(true);
  });

  it("loses and repeats nothing, whatever happens in whatever order", async () => {
    const step = fc.constantFrom("n1 says", "n2 says", "n1 says much", "cut", "restart n1", "restart n2", "wait");
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { engine, n1, n2 } = threeNodes();
        const story = following(engine, { holdBackMs: 2 });
        const said = { n1: 0, n2: 0 };
        let ns = 0;
        const say = (node: "n1" | "n2", length: number): void => {
          // every stamp is used about three times
          (node === "n1" ? n1 : n2).say(Math.floor(ns++ / 3) * 400 * ms, `${"-".repeat(length)}${ns}\n`);
          said[node] += 1;
        };
        const restart = (container: FakeContainer): void => {
          engine.stop(container);
          engine.start(container);
        };
        for (const one of steps) {
          if (one === "n1 says") say("n1", 1);
          else if (one === "n2 says") say("n2", 1);
          else if (one === "n1 says much") say("n1", 40_000);
          else if (one === "cut") engine.cut();
          else if (one === "restart n1") restart(n1);
          else if (one === "restart n2") restart(n2);
          else await new Promise((resolve) => setTimeout(resolve, 3));
        }
        await story.until(said.n1 + said.n2);
        await story.stop();
        for (const node of ["n1", "n2"] as const) {
          const seqs = story.records.filter((record) => record.node === node).map((record) => record.seq);
          expect(seqs).toEqual(Array.from({ length: said[node] }, (_, i) => i + 1));
        }
        expect(story.records.flatMap((record) => record.flags ?? []).filter((flag) => flag === "gap")).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

describe("what the engine tells", () => {
  const told = (container: FakeContainer, ns: number, action: ContainerEvent["action"], rest: Partial<ContainerEvent> = {}) => ({
    id: container.id,
    ts: stampAt(ns),
    action,
    labels: container.labels,
    exitCode: undefined,
    health: undefined,
    ...rest,
  });
  const lives = (records: readonly LogRecord[]): string[] =>
    records
      .filter(({ stream }) => stream === "engine")
      .map(({ node, seq, level, event, msg }) => `${node}.${seq} ${level} ${event}: ${msg}`);

  it("of the past stands in its place among what the nodes said, numbered by itself", async () => {
    const { engine, n1, n2 } = threeNodes();
    n1.say(2, "a\n");
    n1.say(8, "b\n");
    engine.past = [
      told(n1, 1, "start"),
      told(n2, 5, "die", { exitCode: 137 }),
      told(n2, 4, "oom"),
      told(n1, 9, "health_status", { health: "unhealthy" }),
      told(n1, 10, "pause"),
      told(n2, 11, "die", { exitCode: 0 }),
    ];
    const records = await all(engine, { life: true });
    expect(records.map(({ node, msg }) => `${node} ${msg}`)).toEqual([
      "n1 n1 was started",
      "n1 a",
      "n2 n2 wanted more memory than it may have: the kernel killed a process of it",
      "n2 n2 ended with exit code 137 (SIGKILL)",
      "n1 b",
      "n1 n1 is unhealthy",
      "n2 n2 ended with exit code 0",
    ]);
    expect(lives(records)).toEqual([
      "n1.1 info container-started: n1 was started",
      "n2.1 error container-oom: n2 wanted more memory than it may have: the kernel killed a process of it",
      "n2.2 error container-died: n2 ended with exit code 137 (SIGKILL)",
      "n1.2 error container-health: n1 is unhealthy",
      "n2.3 info container-died: n2 ended with exit code 0",
    ]);
    expect(records.filter(({ stream }) => stream === "stdout").map(({ seq }) => seq)).toEqual([1, 2]);
    expect(records.find(({ event }) => event === "container-died")?.fields).toEqual({ exitCode: 137 });
    expect(lives(await all(engine))).toEqual([]);
    expect(lives(await all(engine, { life: true, filter: { nodes: new Set(["n1"]), minLevel: "error" } }))).toEqual([
      "n1.2 error container-health: n1 is unhealthy",
    ]);
  });

  it("is told while following, and what was told of the past is not told again", async () => {
    const { engine, n1 } = threeNodes();
    engine.past = [told(n1, 1, "start")];
    const story = following(engine, { life: true });
    await story.until(1);
    engine.eventTs = stampAt(3);
    engine.stop(n1);
    await story.until(2);
    await story.stop();
    expect(lives(story.records)).toEqual([
      "n1.1 info container-started: n1 was started",
      "n1.2 info container-died: n1 ended with exit code 0",
    ]);
  });
});

describe("a tally", () => {
  it("counts what was read, what is marked, and how often reading began again", async () => {
    const { engine, n1, n2 } = threeNodes();
    const tally = new Tally();
    n1.say(5, `${"x".repeat(20_000)}\n`);
    n1.say(4, "back in time\n", "stderr");
    n2.say(6, "a\n");
    const story = following(engine, { tally });
    await story.until(3);
    engine.cut();
    n2.say(7, "b\n");
    await story.until(4);
    await story.stop();
    expect(tally.records).toBe(4);
    expect([tally.of("joined"), tally.of("clamped"), tally.of("gap"), tally.of("late")]).toEqual([1, 1, 0, 0]);
    expect(tally.reconnects).toBeGreaterThan(0);
  });
});
