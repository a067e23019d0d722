// Shows each way to ask a node whether it is ready, one attempt at a time, and when the next attempt is made or none any more.
import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askBy } from "../../../src/cluster/ready/index.js";
import { afterFailure, attemptMs, isGivenUp, noAttempts } from "../../../src/cluster/ready/schedule.js";
import { DeviousError } from "../../../src/core/errors.js";
import { frame } from "../../../src/engine/memory/log-file.js";
import type { ContainerDetail, Endpoint, LogOptions } from "../../../src/engine/port.js";
import type { ReadyProbe } from "../../../src/spec/own-image.js";
import { runningContainer } from "../../support/running-container.js";

const servers: Server[] = [];
/** Answers with the number that is its path; at `/never` not at all, at `/slow` with a body that never ends. */
async function listen(): Promise<Endpoint> {
  const server = createServer((request, response) => {
    if (request.url === "/never") return;
    if (request.url === "/slow") response.writeHead(200).write("…");
    else response.writeHead(Number(request.url?.slice(1))).end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

let endpoint: Endpoint;
beforeAll(async () => {
  endpoint = await listen();
});
afterAll(() =>
  servers.forEach((server) => {
    server.close();
    (server as ReturnType<typeof createServer>).closeAllConnections();
  }),
);

const running: ContainerDetail = { ...runningContainer, startedAt: "2026-01-01T00:00:05Z" };

interface World {
  readonly lines?: readonly (readonly [stamp: string, text: string])[];
  readonly exec?: () => Promise<{ exitCode: number }>;
}

/** An engine with this log and this command, and what it was asked for. */
function engineOf({ lines = [], exec = async () => ({ exitCode: 0 }) }: World) {
  const since: (string | undefined)[] = [];
  return {
    since,
    engine: {
      exec: async (_id: string, _command: readonly string[], onStdout: (chunk: Uint8Array) => void) => {
        onStdout(Buffer.from("first\nlast\n"));
        return exec();
      },
      logs: async function* (_id: string, options: LogOptions): AsyncGenerator<Uint8Array> {
        since.push(options.since);
        for (const [stamp, text] of lines) {
          if (options.since === undefined || stamp >= options.since) yield frame("stdout", Buffer.from(`${stamp} ${text}\n`));
        }
      },
    },
  };
}

const once = async (probe: ReadyProbe, world: World = {}, timeoutMs = 30_000): Promise<string | undefined> =>
  (await askBy(engineOf(world).engine, "c", probe)({ ...running, endpoints: new Map([[8080, endpoint]]) }, timeoutMs))?.what;

describe("http", () => {
  test.each<[string, number | null, string | undefined]>([
    ["/200", null, undefined],
    ["/204", null, undefined],
    ["/slow", null, undefined],
    ["/404", 404, undefined],
    ["/302", null, "GET /302 on its port 8080 was answered with 302"],
    ["/503", null, "GET /503 on its port 8080 was answered with 503"],
    ["/200", 204, "GET /200 on its port 8080 was answered with 200"],
  ])("GET %s, to be %s", async (path, status, problem) => {
    expect(await once({ by: "http", port: 8080, path, status })).toBe(problem);
  });

  test("an answer that does not come in time is none", async () => {
    const probe = { by: "http", port: 8080, path: "/never", status: null } as const;
    expect(await once(probe, {}, 50)).toBe("GET /never on its port 8080 was not answered");
  });

  test("a port that is not published cannot be asked", async () => {
    expect(await once({ by: "http", port: 81, path: "/", status: null })).toBe("its port 81 is not published");
  });
});

test("tcp", async () => {
  expect(await once({ by: "tcp", port: 8080 })).toBeUndefined();
  expect(await once({ by: "tcp", port: 81 })).toBe("its port 81 is not published");
});

describe("log", () => {
  const lines = [
    ["2026-01-01T00:00:01.000000000Z", "ready, in the run before"],
    ["2026-01-01T00:00:04.900000000Z", "starts"],
    ["2026-01-01T00:00:06.000000000Z", "listens on 8080"],
  ] as const;

  test("a line that has it will do", async () => {
    expect(await once({ by: "log", pattern: "^listens on \\d+$" }, { lines })).toBeUndefined();
    expect(await once({ by: "log", pattern: "^on" }, { lines })).toBe("no line of its log has /^on/ in it");
  });

  test("what an earlier run said does not count, nor is read again what was read", async () => {
    const { engine, since } = engineOf({ lines });
    const ask = askBy(engine, "c", { by: "log", pattern: "ready" });
    const second = { ...running, endedAt: "2026-01-01T00:00:02Z" };
    expect(await ask(second, 1000)).toEqual({ what: "no line of its log has /ready/ in it" });
    await ask(second, 1000);
    await ask({ ...second, startedAt: "2026-01-01T00:00:09Z", endedAt: "2026-01-01T00:00:08Z" }, 1000);
    expect(since).toEqual(["2026-01-01T00:00:02Z", "2026-01-01T00:00:06.000000000Z", "2026-01-01T00:00:08Z"]);
  });

  test("an expression that goes back for ever ends all the same", async () => {
    const long = [["2026-01-01T00:00:06.000000000Z", "a".repeat(40)]] as const;
    expect(await once({ by: "log", pattern: "(a+)+$b" }, { lines: long })).toBeDefined();
  });
});

describe("exec", () => {
  const probe = { by: "exec", command: ["pg_isready", "-q"] } as const;

  test.each<[string, () => Promise<{ exitCode: number }>, string | undefined]>([
    ["succeeds", async () => ({ exitCode: 0 }), undefined],
    ["fails", async () => ({ exitCode: 2 }), "`pg_isready -q` ended with exit code 2: last"],
    [
      "cannot be run",
      async () => {
        throw new DeviousError("ENGINE_REFUSED", "It is paused.");
      },
      "`pg_isready -q` could not be run: It is paused",
    ],
  ])("a command that %s", async (_title, exec, problem) => {
    expect(await once(probe, { exec })).toBe(problem);
  });

  test("a command that does not end is waited for again, not run a second time", async () => {
    let runs = 0;
    let end = (): void => undefined;
    const { engine } = engineOf({
      exec: () => {
        runs++;
        return new Promise((resolve) => (end = () => resolve({ exitCode: 0 })));
      },
    });
    const ask = askBy(engine, "c", probe);
    expect(await ask(running, 20)).toEqual({ what: "`pg_isready -q` had not ended after 20ms" });
    const second = ask(running, 5000);
    end();
    expect([await second, runs]).toEqual([undefined, 1]);
  });
});

describe("attempts", () => {
  const http: ReadyProbe = { by: "http", port: 8080, path: "/", status: null };
  const exec: ReadyProbe = { by: "exec", command: ["true"] };
  const pace = { probe: http, intervalMs: 200, attemptTimeoutMs: 5000, retries: 2, startPeriodMs: 1000 };

  test("come at the interval after a failure, and count once the start period is over", () => {
    const early = afterFailure(noAttempts, pace, 0, 900);
    expect(early).toEqual({ failed: 0, nextAtMs: 1100 });
    const first = afterFailure(early, pace, 0, 1100);
    expect([first, isGivenUp(first, pace)]).toEqual([{ failed: 1, nextAtMs: 1300 }, false]);
    expect(isGivenUp(afterFailure(first, pace, 0, 1300), pace)).toBe(true);
  });

  test.each([
    ["sooner while a node is young", {}, [20, 20, 50, 200, 200]],
    ["at the interval where failures are counted", { retries: 2 }, [200, 200, 200, 200, 200]],
    ["at the interval where each starts a program", { probe: exec }, [200, 200, 200, 200, 200]],
    ["at a longer interval than by default, which somebody asked for", { intervalMs: 500 }, [500, 500, 500, 500, 500]],
    ["at a shorter one", { intervalMs: 10 }, [10, 10, 10, 10, 10]],
  ])("come %s", (_when, own, pauses) => {
    const agesMs = [0, 100, 400, 1600, 60_000];
    const asked = { ...pace, retries: null, ...own };
    expect(agesMs.map((ageMs) => afterFailure(noAttempts, asked, 0, ageMs).nextAtMs - ageMs)).toEqual(pauses);
  });

  test("have no end where no number of them is said", () => {
    expect(isGivenUp({ failed: 1000, nextAtMs: 0 }, { ...pace, retries: null })).toBe(false);
  });

  test("end with the time there is", () => {
    expect([attemptMs(pace, 60_000), attemptMs(pace, 300), attemptMs(pace, -1)]).toEqual([5000, 300, 1]);
  });
});
