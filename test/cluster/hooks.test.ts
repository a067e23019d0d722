// Shows what is told of a hook that fails: its last lines, however much it has said.
import { expect, test } from "vitest";
import { type HookEngine, runHook } from "../../src/cluster/hooks.js";

const place = { cluster: "demo", folder: ".", nodes: [], timeoutMs: 30_000, signal: new AbortController().signal };
const lastLines = Array.from({ length: 15 }, (_, i) => `line ${9985 + i}`);

test("on this machine", async () => {
  const talks = 'for (let i = 0; i < 1e4; i++) console.log("line " + i); process.exitCode = 3';
  const hook = { on: "host", command: [process.execPath, "-e", talks] } as const;
  await expect(runHook({ exec: () => Promise.reject(new Error("not asked")) }, "api", hook, place)).rejects.toMatchObject({
    message: expect.stringMatching(/ on this machine of api ended with exit code 3\.$/),
    details: lastLines,
  });
});

test("in a node", async () => {
  const engine: HookEngine = {
    exec: async (_node, _command, onStdout, onStderr) => {
      for (let i = 0; i < 10_000; i++) (i % 2 === 0 ? onStdout : onStderr)(Buffer.from(`line ${i}\n`));
      return { exitCode: 3 };
    },
  };
  const hook = { on: "node", node: "api-1", command: ["./seed.sh"] } as const;
  await expect(runHook(engine, "api", hook, place)).rejects.toMatchObject({
    message: "The hook `./seed.sh` in api-1 of api ended with exit code 3.",
    details: lastLines,
  });
});
