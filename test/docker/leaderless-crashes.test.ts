// Shows that nothing that was acknowledged is lost while nodes are killed at random moments of writes, one, two or all at a time, with what their disks have not synced; and that nothing a stranger sends to a node's ports ends it or fills its memory.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FaultView } from "../../src/chaos/protocol.js";
import { createPrng } from "../../src/core/prng.js";
import { docker, eventually } from "../support/cli.js";
import { Load } from "../support/riak-load/load.js";
import { RingCluster } from "../support/riak-load/ring-cluster.js";
import { ask, begun, codesOf, frame, speak, type Stranger } from "../support/riak-load/strangers.js";

const stormMs = Number(process.env["DEVIOUS_STORM_SECONDS"] ?? 20) * 1000;
const downMsMax = 1000;
/** Of a node: about twice what requests of both APIs may have at one time. */
const boundBytes = 600 * 2 ** 20;
const names = ["n1", "n2", "n3", "n4", "n5"];

let ring: RingCluster;
beforeAll(async () => {
  ring = await RingCluster.up();
});
afterAll(() => ring.destroy());

test("nodes that lose their power lose nothing that was acknowledged", { timeout: stormMs + 240_000 }, async () => {
  const prng = createPrng(8);
  // as when the power goes: what was not synced is gone, and the last write is there in part
  await ring.cli.json("chaos", "disk", "all", "--lose-unsynced", "--torn", "--slow", "5ms", "--until-healed");
  const load = new Load({ addresses: ring.addresses, clients: 4, seed: 8 });
  const endsAtMs = performance.now() + stormMs;
  let kills = 0;
  while (performance.now() < endsAtMs) {
    await sleep(prng.int(0, 1500));
    const victims = prng.shuffle(names).slice(0, prng.pick([1, 1, 2, 5]));
    const kill = await ring.cli.run("chaos", "kill", victims.join(","), "--until-healed", "--json");
    // a busy machine may fail to kill in time, and then does not
    if (kill.exitCode !== 0) continue;
    kills += victims.length;
    await sleep(prng.int(0, downMsMax));
    const { id } = JSON.parse(kill.stdout) as FaultView;
    await eventually(`${id} is healed`, 60_000, async () => (await ring.cli.run("chaos", "heal", id)).exitCode === 0);
    await ring.lookUp();
  }
  await eventually("all is healed", 60_000, async () => (await ring.cli.run("chaos", "heal")).exitCode === 0);
  await ring.cli.up();
  await ring.lookUp();
  await load.stop();
  expect(await ring.check()).toMatchObject({ verdict: "equal", different: [], waiting: [] });
  expect(await load.faults()).toEqual([]);
  expect(kills).toBeGreaterThan(2);
  expect(Math.min(...load.acknowledged)).toBeGreaterThan(20);
});

describe("strangers", () => {
  const victim = "n3";
  const [errorResp, pingReq, pingResp, putReq] = [0, 1, 2, 11];
  let pb = "";
  let http = "";
  let life = "";

  /** Another one after every start. */
  const lifeOf = (): Promise<string> =>
    docker("inspect", "--format", "{{.State.Pid}} {{.State.StartedAt}} {{.RestartCount}}", ring.cli.container(victim));

  beforeAll(async () => {
    const { ports } = await ring.cli.node(victim);
    pb = ports[8087] ?? "";
    http = ports[8098] ?? "";
    life = await lifeOf();
  });

  /** It is the same process as before, and answers those who ask properly. */
  async function expectUnharmed(): Promise<void> {
    expect(codesOf(await ask(pb, frame(pingReq), (heard) => heard.length >= 5))).toEqual([pingResp]);
    expect((await fetch(`http://${http}/ping`)).status).toBe(200);
    expect(await lifeOf()).toBe(life);
  }

  test.each<[string, Buffer]>([
    ["a message without a code", begun(0, pingReq)],
    ["HTTP where protocol buffers are spoken", Buffer.from("GET / HTTP/1.1\r\nhost: n3\r\n\r\n")],
    ["a length of 4 GiB", Buffer.concat([begun(2 ** 32 - 1, putReq), Buffer.alloc(1000)])],
    ["a body that is no protocol buffer", frame(putReq, Buffer.from("ffffffffffffffffffffff", "hex"))],
    ["a code that nobody knows", frame(231, Buffer.from("what?"))],
    ["a put without a bucket", frame(putReq, Buffer.from("22020a00", "hex"))],
  ])("%s is an error", async (_name, bytes) => {
    expect(codesOf(await ask(pb, bytes, (heard) => heard.length >= 5))).toEqual([errorResp]);
    await expectUnharmed();
  });

  test("every code with nothing, and with noise, is answered in turn; the connection goes on", async () => {
    const prng = createPrng(9);
    const noise = (): Buffer => Buffer.from(Array.from({ length: prng.int(0, 60) }, () => prng.int(0, 255)));
    const all = Array.from({ length: 256 }, (_, code) => [frame(code), frame(code, noise())]).flat();
    const heard = await ask(
      pb,
      Buffer.concat([...all, frame(pingReq)]),
      (so) => codesOf(so).filter((code) => code === pingResp).length > 2,
    );
    expect(codesOf(heard).filter((code) => code === errorResp).length).toBeGreaterThan(400);
    await expectUnharmed();
  });

  test("noise of all kinds ends in errors or silence", async () => {
    const prng = createPrng(10);
    for (const address of [pb, http]) {
      for (let number = 0; number < 30; number++) {
        const bytes = Buffer.from(Array.from({ length: prng.int(1, 3000) }, () => prng.int(0, 255)));
        const { socket } = await speak(address, bytes);
        await sleep(10);
        socket.destroy();
      }
    }
    await expectUnharmed();
  });

  test("an object that is too large is refused, and the connection goes on", async () => {
    const heard = await ask(
      pb,
      Buffer.concat([frame(putReq, Buffer.alloc(17 * 2 ** 20)), frame(pingReq)]),
      (so) => codesOf(so).length >= 2,
    );
    expect(codesOf(heard)).toEqual([errorResp, pingResp]);
    const { status } = await fetch(`http://${http}/buckets/b/keys/k`, { method: "PUT", body: Buffer.alloc(17 * 2 ** 20) });
    expect(status).toBe(413);
    await expectUnharmed();
  });

  test.each<[string, string, number]>([
    ["no request", "\0\0\0\0\r\n\r\n", 400],
    ["headers without an end", `GET / HTTP/1.1\r\nhost: n3\r\nx: ${"x".repeat(100_000)}`, 431],
    ["a method that nobody knows", "BREW /buckets/b/keys/k HTTP/1.1\r\nhost: n3\r\n\r\n", 400],
    ["a chunk of no length", "PUT /buckets/b/keys/k HTTP/1.1\r\nhost: n3\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 400],
    [
      "a context that is none",
      "PUT /buckets/b/keys/k HTTP/1.1\r\nhost: n3\r\nx-riak-vclock: AAAA\r\ncontent-length: 0\r\n\r\n",
      400,
    ],
    ["a path with broken escapes", "GET /buckets/%zz/keys/%f HTTP/1.1\r\nhost: n3\r\n\r\n", 400],
  ])("HTTP: %s", async (_name, text, status) => {
    const heard = await ask(http, Buffer.from(text, "latin1"), (so) => so.includes("\r\n\r\n"));
    expect(heard.toString("latin1").split(" ")[1]).toBe(String(status));
    await expectUnharmed();
  });

  test("who begins messages and does not end them, or asks and does not read, fills no memory and keeps nobody away", async () => {
    const large = Buffer.alloc(15 * 2 ** 20);
    await fetch(`http://${http}/buckets/b/keys/large`, { method: "PUT", body: Buffer.alloc(2 ** 20) });
    const residentBytes = await ring.metric(victim, "process_resident_memory_bytes");
    const strangers: Stranger[] = [];
    let mostBytes = 0;
    for (let number = 0; number < 40; number++) {
      strangers.push(await speak(pb, Buffer.concat([begun(16 * 2 ** 20, putReq), large])));
      if (number % 4 === 0) strangers.push(await speak(http, Buffer.concat([request("PUT", "k", 16 * 2 ** 20), large])));
      strangers.push(await speak(http, Buffer.concat([request("GET", "large"), request("GET", "large")]), { reads: false }));
      strangers.push(await speak(number % 2 === 0 ? pb : http, Buffer.alloc(0)));
      mostBytes = Math.max(mostBytes, await residentBytes());
    }
    for (let look = 0; look < 10; look++) {
      expect((await fetch(`http://${http}/ping`)).status).toBe(200);
      mostBytes = Math.max(mostBytes, await residentBytes());
      await sleep(100);
    }
    for (const { socket } of strangers) socket.destroy();
    expect(mostBytes).toBeLessThan(boundBytes);
    await expectUnharmed();
  });
});

function request(method: string, key: string, length = 0): Buffer {
  return Buffer.from(`${method} /buckets/b/keys/${key} HTTP/1.1\r\nhost: n3\r\ncontent-length: ${length}\r\n\r\n`);
}
