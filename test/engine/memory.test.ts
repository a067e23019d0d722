// Shows that the engine in memory, on which the commands are tested, keeps the port's contract as Docker does.
import { createServer } from "node:http";
import { expect, test } from "vitest";
import { createMemoryEngine } from "../../src/engine/memory/memory-engine.js";
import type { Program } from "../../src/engine/memory/program.js";
import { createDemuxer } from "../../src/logs/demux.js";
import { contractCommand, dataPath, engineContract, programPort, tarOf } from "./contract.js";

/** The contract's program without a container. */
const program: Program = (process) => {
  const { command, volumes } = process.spec;
  const data = volumes.length > 0 ? process.volume(dataPath) : new Map<string, string>();
  const boots = Number(data.get("boots") ?? 0) + 1;
  data.set("boots", String(boots));
  process.write("stdout", `boot ${boots}\n`);
  process.write("stderr", "trouble\n");
  const exitCode = command[contractCommand().length];
  if (exitCode !== undefined) return process.exit(Number(exitCode));
  process.onSignal(() => process.exit(5));
  process.onInput((text) => process.write("stderr", `heard ${text.trim()}\n`));
  const server = createServer((_, response) => void response.end("pong"));
  process.listen(programPort, (socket) => void server.emit("connection", socket));
};

engineContract(async () => {
  const engine = createMemoryEngine({
    program: () => program,
    exec: () => ({ exitCode: 9, stdout: "out\n", stderr: "err\n" }),
  });
  const image = "contract:1";
  await engine.buildImage(image, tarOf({ Dockerfile: "FROM scratch\n" }), {}, () => undefined);
  return { engine, image, pause: (id) => engine.pauseContainer(id) };
});

test("a line over 16 KiB is kept in chunks that share a stamp, half a line until its program ends", async () => {
  const engine = createMemoryEngine({
    program: () => (process) => {
      process.write("stdout", `${"x".repeat(40_000)}\nhal`);
      process.write("stdout", "f");
      process.exit(0);
    },
  });
  await engine.buildImage("long:1", tarOf({ Dockerfile: "FROM scratch\n" }), {}, () => undefined);
  await engine.createNetwork("net", {});
  const spec = {
    name: "c",
    image: "long:1",
    labels: {},
    command: [],
    environment: {},
    hostname: "c",
    network: "net",
    aliases: [],
  };
  const id = await engine.createContainer({ ...spec, volumes: [], ports: [] });
  await engine.startContainer(id);
  const demuxer = createDemuxer(false);
  const frames: string[] = [];
  for await (const chunk of engine.logs(id, { follow: false })) {
    frames.push(...demuxer.push(chunk).map(({ bytes, start, end }) => bytes.toString("utf8", start, end)));
  }
  expect(frames.map((text) => text.length - 31)).toEqual([16_384, 16_384, 40_001 - 2 * 16_384, 4]);
  expect(new Set(frames.slice(0, 3).map((text) => text.slice(0, 30))).size).toBe(1);
  expect(frames.at(-1)?.endsWith(" half")).toBe(true);
});
