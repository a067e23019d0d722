// Shows how the end of a node is put into words, and what is read of it from a container and the engine's memory of it.
import { describe, expect, test } from "vitest";
import { deathOf, howItEnded, remedyFor, troublesOf } from "../../src/cluster/death.js";
import type { Death } from "../../src/cluster/death.js";
import { whyDeaf } from "../../src/cluster/deafness.js";
import type { ContainerEvent } from "../../src/engine/port.js";

const once: Death = { exitCode: 1, outOfMemory: false, ends: 1, lastLines: [] };

const none = /^$/;

describe("how it ended", () => {
  test.each<[string, Partial<Death>, string, RegExp]>([
    ["a code", {}, "exited with code 1 WHEN", none],
    ["no code", { exitCode: undefined }, "exited with code unknown WHEN", none],
    ["a signal", { exitCode: 139 }, "exited with code 139 (SIGSEGV) WHEN", none],
    ["killed", { exitCode: 137 }, "exited with code 137 (SIGKILL) WHEN", none],
    ["want of memory", { exitCode: 137, outOfMemory: true }, "was killed for want of memory WHEN", /`memory`/],
    ["again and again", { ends: 4 }, "ended 4 times WHEN, the last time with code 1", none],
    ["for want of memory, again", { ends: 2, outOfMemory: true }, "ended 2 times WHEN, for want of memory", /`memory`/],
    ["not found", { exitCode: 127 }, "exited with code 127 WHEN: a command in it was not found", /`command`/],
    ["not to be run", { exitCode: 126 }, "exited with code 126 WHEN: a command in it could not be run", /`entrypoint`/],
    [
      "a full disk",
      { lastLines: ["etcd: write /data/wal: no space left on device"] },
      "exited with code 1 WHEN: a disk that it writes to is full",
      /disk/,
    ],
    [
      "a full disk, Node's way",
      { lastLines: ["Error: ENOSPC, write"] },
      "exited with code 1 WHEN: a disk that it writes to is full",
      /disk/,
    ],
  ])("%s", (_title, changes, said, remedy) => {
    const death = { ...once, ...changes };
    expect(howItEnded(death).join(" WHEN")).toBe(said);
    expect(remedyFor(death) ?? "").toMatch(remedy);
  });
});

test("what troubles one that lives", () => {
  const lives = { ...once, exitCode: undefined, ends: 0 };
  expect(troublesOf(lives)).toEqual([]);
  expect(troublesOf({ ...lives, outOfMemory: true, lastLines: ["ENOSPC"] })).toEqual([
    "a process in it was killed for want of memory",
    "a disk that it writes to is full",
  ]);
  expect(troublesOf({ ...lives, ends: 2, exitCode: 3 })).toEqual(["it ended 2 times, the last time with code 3"]);
});

describe("read of the engine", () => {
  const event = (ts: string, action: ContainerEvent["action"], exitCode?: number, id = "c"): ContainerEvent => {
    return { id, ts, action, labels: {}, exitCode, health: undefined };
  };
  const container = {
    id: "c",
    labels: { "devious.node": "api-1" },
    oomKilled: false,
    restarts: 0,
    exitCode: undefined,
    state: "running",
    startedAt: "2026-01-01T00:00:05Z",
  } as const;
  test("the kernel's kill of a process counts in this run only, and in this container", () => {
    const early = event("2026-01-01T00:00:04Z", "oom");
    const strange = event("2026-01-01T00:00:06Z", "oom", undefined, "other");
    expect(deathOf(container, [early, strange], []).outOfMemory).toBe(false);
    expect(deathOf(container, [event("2026-01-01T00:00:06Z", "oom")], []).outOfMemory).toBe(true);
  });

  test("of one that is started again, the last end", () => {
    const events = [event("2026-01-01T00:00:01Z", "die", 1), event("2026-01-01T00:00:04Z", "die", 9)];
    expect(deathOf({ ...container, restarts: 2 }, events, ["x"])).toEqual({
      exitCode: 9,
      outOfMemory: false,
      ends: 2,
      lastLines: ["x"],
    });
  });

  test("where the engine remembers nothing, what the container says", () => {
    const ended = { ...container, state: "exited", exitCode: 2, oomKilled: true } as const;
    expect(deathOf(ended, [], [])).toEqual({ exitCode: 2, outOfMemory: true, ends: 1, lastLines: [] });
  });
});

test.each([
  [[{ port: 9090, isLoopback: false }], "it listens on 9090, not on 8080"],
  [
    [
      { port: 80, isLoopback: false },
      { port: 443, isLoopback: true },
    ],
    "it listens on 80 and 443, not on 8080",
  ],
  [[{ port: 8080, isLoopback: true }], "it listens there only on 127.0.0.1 inside its container, and has to on 0.0.0.0"],
  [[], "it listens on no port"],
  [[{ port: 8080, isLoopback: false }], undefined],
  [undefined, undefined],
])("where it listens instead: %j", (listeners, said) => {
  expect(whyDeaf(8080, listeners)).toBe(said);
});
