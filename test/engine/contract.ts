import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { proposeSubnet } from "../../src/cluster/subnets.js";
import { createPrng } from "../../src/core/prng.js";
import type { ContainerEvent, ContainerSpec, Endpoint, Engine } from "../../src/engine/port.js";
import { createDemuxer } from "../../src/logs/demux.js";
import { freePorts, freed } from "../support/ports.js";

/** What an engine brings to be tested. */
export interface Candidate {
  readonly engine: Engine;
  /** Reference of an image in which `contractCommand(…)` runs the contract's program, see {@link programText}. */
  readonly image: string;
  /** Pauses a container as the agent would: the port cannot. */
  readonly pause: (id: string) => Promise<void>;
}

export const programPort = 2379;
export const dataPath = "/data";
/** Where a real engine's image has the program. */
const programFile = "/devious/store.mjs";

/** How the contract's program is started: it says `boot NUMBER` and `trouble`, and, given a code, leaves with it at once. */
export function contractCommand(exitCode?: number): readonly string[] {
  return ["node", programFile, ...(exitCode === undefined ? [] : [String(exitCode)])];
}

/** The program for a real engine; an engine that runs none has to do the same by itself. */
export const programText = `
import { createServer } from "node:http";
import { readFileSync, writeFileSync } from "node:fs";
let boots = 0;
try { boots = Number(readFileSync("${dataPath}/boots", "utf8")); } catch {}
try { writeFileSync("${dataPath}/boots", String(boots + 1)); } catch {}
console.log("boot " + (boots + 1));
console.error("trouble");
if (process.argv[2] !== undefined) process.exit(Number(process.argv[2]));
process.on("SIGTERM", () => process.exit(5));
createServer((_, response) => response.end("pong")).listen(${programPort});
process.stdin.on("data", (data) => console.error("heard " + String(data).trim()));
`;

/** What any engine behind the port must do. The tests of one group build on each other, in order. */
export function engineContract(open: () => Promise<Candidate>): void {
  const prefix = `devious-contract-${process.pid}`;
  const key = "devious-contract";
  const labels = { [key]: prefix };
  const filter = `${key}=${prefix}`;
  let candidate: Candidate;
  let engine: Engine;

  const specOf = (name: string, changes: Partial<ContainerSpec> = {}): ContainerSpec => ({
    name: `${prefix}.${name}`,
    image: candidate.image,
    labels: { ...labels, role: name },
    command: contractCommand(),
    environment: {},
    hostname: name,
    network: `${prefix}.net`,
    aliases: [name],
    volumes: [],
    ports: [],
    ...changes,
  });
  const stateOf = async (id: string): Promise<string | undefined> => (await engine.inspectContainer(id))?.state;

  const removeAll = async (): Promise<void> => {
    for (const { id } of await engine.listContainers([filter])) await engine.removeContainer(id);
    for (const { id } of await engine.listNetworks([filter])) await engine.removeNetwork(id);
    for (const { name } of await engine.listVolumes([filter])) await engine.removeVolume(name);
  };

  beforeAll(async () => {
    candidate = await open();
    ({ engine } = candidate);
    await engine.createNetwork(`${prefix}.net`, labels);
  });
  afterAll(removeAll);

  test("says who it is", async () => {
    const facts = await engine.facts();
    expect(facts).toMatchObject({ os: "linux", arch: expect.stringMatching(/^\w+$/) });
    expect(facts.apiVersion).toMatch(/^\d+\.\d+$/);
  });

  describe("images", () => {
    const reference = `${prefix}/empty:1`;

    test("builds one from a tar with a Dockerfile, finds it by reference and label, removes it twice", async () => {
      const lines: string[] = [];
      expect(await engine.hasImage(reference)).toBe(false);
      const context = tarOf({ Dockerfile: "FROM scratch\nCOPY a /a\n", a: "a" });
      await engine.buildImage(reference, context, labels, (line) => lines.push(line));
      expect(lines.join("\n")).toContain(reference);
      expect(await engine.hasImage(reference)).toBe(true);
      expect(await engine.imageId(reference)).toMatch(/^sha256:/);
      const [found] = await engine.listImages(filter);
      expect(found?.references).toEqual([reference]);
      await engine.removeImage(found?.id ?? "");
      await engine.removeImage(found?.id ?? "");
      expect(await engine.hasImage(reference)).toBe(false);
      expect(await engine.imageId(reference)).toBeUndefined();
    });

    test("refuses a context without a Dockerfile", async () => {
      await expectRefused(
        engine.buildImage(reference, tarOf({ a: "a" }), labels, () => undefined),
        /Dockerfile/,
      );
    });
  });

  describe("a container's life", () => {
    let id: string;

    test("is created, started, reached, and listed by all of its labels", async () => {
      id = await engine.createContainer(specOf("life", { ports: [{ container: programPort, host: null }] }));
      expect(await engine.inspectContainer(id)).toMatchObject({ state: "created", startedAt: undefined, endpoints: new Map() });
      await engine.startContainer(id);
      await engine.startContainer(id);
      const detail = await engine.inspectContainer(id);
      expect(detail).toMatchObject({ id, name: `${prefix}.life`, image: candidate.image, state: "running", tty: false });
      expect(detail).toMatchObject({ exitCode: undefined, oomKilled: false, labels: { ...labels, role: "life" } });
      expect(Date.parse(detail?.startedAt ?? "")).toBeGreaterThan(0);
      const endpoint = detail?.endpoints.get(programPort);
      expect(endpoint?.host).toBe("127.0.0.1");
      expect(await eventuallyPong(endpoint as Endpoint)).toBe("pong");
      const expected = [expect.objectContaining({ id, name: `${prefix}.life`, state: "running", image: candidate.image })];
      expect(await engine.listContainers([filter, "role"])).toEqual(expected);
      expect(await engine.listContainers([filter, "role=life"])).toEqual(expected);
      expect(await engine.listContainers([filter, "role=death"])).toEqual([]);
    });

    test("its name is taken", async () => {
      await expectRefused(engine.createContainer(specOf("life")), /already in use/);
    });

    test("paused, it is neither answered nor attached to, and runs nothing", async () => {
      await candidate.pause(id);
      expect(await stateOf(id)).toBe("paused");
      const endpoint = (await engine.inspectContainer(id))?.endpoints.get(programPort);
      expect(await ping(endpoint as Endpoint, 100)).toBeUndefined();
      await expectRefused(engine.exec(id, ["node", "-v"], ignore, ignore), /paused/);
      await expectRefused(engine.attach(id), /paused/);
      await expectRefused(engine.startContainer(id), /unpause/);
      await engine.unpauseContainer(id);
      await engine.unpauseContainer(id);
      expect(await stateOf(id)).toBe("running");
      expect(await ping(endpoint as Endpoint, 2000)).toBe("pong");
    });

    test("stops on SIGTERM with its own exit code, and starts again", async () => {
      await engine.stopContainer(id, 5000);
      await engine.stopContainer(id, 5000);
      expect(await engine.inspectContainer(id)).toMatchObject({ state: "exited", exitCode: 5, endpoints: new Map() });
      await expectRefused(engine.signalContainer(id, "SIGKILL"), /not running/);
      await expectRefused(engine.exec(id, ["node", "-v"], ignore, ignore), /not running/);
      await engine.startContainer(id);
      expect(await stateOf(id)).toBe("running");
    });

    test("dies of SIGKILL with 137", async () => {
      await engine.signalContainer(id, "SIGKILL");
      await eventually(async () => (await stateOf(id)) === "exited");
      expect(await engine.inspectContainer(id)).toMatchObject({ exitCode: 137 });
    });

    test("is removed while it is paused, and again", async () => {
      await engine.startContainer(id);
      await candidate.pause(id);
      await engine.removeContainer(id);
      await engine.removeContainer(id);
      expect(await engine.inspectContainer(id)).toBeUndefined();
      expect(await engine.listContainers([filter])).toEqual([]);
      // what is gone needs no stopping either
      await engine.stopContainer(id, 0);
      await engine.unpauseContainer(id);
    });

    test("needs an image that is there", async () => {
      await expectRefused(engine.createContainer(specOf("imageless", { image: `${prefix}/none:1` })), /No such image/);
    });
  });

  test("a file is put into a volume before the container has ever run, in place of one of that name, and only where there is a folder", async () => {
    const mount = { name: `${prefix}.files`, path: dataPath, labels };
    const id = await engine.createContainer(specOf("files", { volumes: [mount], command: contractCommand(0) }));
    const put = (folder: string, text: string): Promise<void> => {
      const [first = "", ...rest] = text;
      const content = async function* (): AsyncIterable<Uint8Array> {
        yield Buffer.from(first);
        await sleep(1);
        yield Buffer.from(rest.join(""));
      };
      return engine.putFile(id, folder, { name: "boots", byteLength: text.length, content, mode: 0o644 });
    };
    await put(dataPath, "4");
    await put(dataPath, "41");
    await expectRefused(put("/nowhere", "1"), /Could not find the file/);
    await engine.startContainer(id);
    await eventually(async () => (await stateOf(id)) === "exited");
    expect((await linesOf(engine.logs(id, { follow: false }))).map(({ text }) => text)).toContain("boot 42\n");
    await engine.removeContainer(id);
    await expectRefused(put(dataPath, "1"), /No such container/);
    await engine.removeVolume(mount.name);
  });

  describe("logs", () => {
    let id: string;
    const read = (options: { since?: string; tail?: number } = {}): Promise<readonly Line[]> =>
      linesOf(engine.logs(id, { follow: false, ...options }));

    test("come framed, each line with a stamp of nine decimals", async () => {
      id = await engine.createContainer(specOf("logs", { command: contractCommand(7) }));
      for (let boot = 0; boot < 3; boot++) {
        await engine.startContainer(id);
        await eventually(async () => (await stateOf(id)) === "exited");
      }
      const lines = await read();
      // a container without a volume forgets its boots only when it is removed; this one cannot write any down
      expect(lines.map(({ stream, text }) => `${stream} ${text}`).sort()).toEqual([
        ...Array.from({ length: 3 }, () => "stderr trouble\n"),
        ...Array.from({ length: 3 }, () => "stdout boot 1\n"),
      ]);
      for (const { stamp } of lines) expect(stamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
      expect(await engine.inspectContainer(id)).toMatchObject({ exitCode: 7 });
    });

    test("`tail` counts from the end, `since` is the first line that is wanted", async () => {
      const lines = await read();
      expect(await read({ tail: 2 })).toEqual(lines.slice(-2));
      expect(await read({ tail: 0 })).toEqual([]);
      const since = lines[2]?.stamp ?? "";
      expect(await read({ since })).toEqual(lines.filter(({ stamp }) => stamp >= since));
    });

    test("are followed to the container's end, or until nobody listens", async () => {
      const running = await engine.createContainer(specOf("followed"));
      await engine.startContainer(running);
      const followed = linesOf(engine.logs(running, { follow: true }));
      const abandoned = new AbortController();
      const left = linesOf(engine.logs(running, { follow: true, signal: abandoned.signal }));
      await sleep(300);
      abandoned.abort();
      await left;
      expect(await stateOf(running)).toBe("running");
      await engine.stopContainer(running, 5000);
      expect((await followed).map(({ text }) => text).sort()).toEqual(["boot 1\n", "trouble\n"]);
      await engine.removeContainer(running);
    });

    test("of what is not there are refused", async () => {
      await engine.removeContainer(id);
      await expectRefused(read(), /container/i);
    });
  });

  test("events tell a container's life to who subscribed before", async () => {
    const over = new AbortController();
    const events = await engine.events(filter, over.signal);
    const id = await engine.createContainer(specOf("told", { command: contractCommand(7) }));
    const other = await engine.createContainer(specOf("untold", { labels: {} }));
    await engine.startContainer(id);
    await eventually(async () => (await stateOf(id)) === "exited");
    await engine.removeContainer(id);
    await engine.removeContainer(other);
    const told: ContainerEvent[] = [];
    for await (const event of events) {
      if (event.action !== "other") told.push(event);
      if (event.action === "destroy") over.abort();
    }
    expect(told.map(({ action }) => action)).toEqual(["create", "start", "die", "destroy"]);
    expect(told.every((event) => event.id === id && event.labels["role"] === "told")).toBe(true);
    expect(told.map(({ exitCode }) => exitCode)).toEqual([undefined, undefined, 7, undefined]);

    const past = (await engine.pastEvents(filter)).filter((event) => event.id === id && event.action !== "other");
    expect(past).toEqual(told);
    const stamps = past.map(({ ts }) => ts);
    expect(stamps).toEqual(stamps.toSorted());
    for (const stamp of stamps) expect(stamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
  });

  test("a port of this machine has one holder, and is free again once that is gone", async () => {
    const [port = 0] = await freePorts(1);
    const ports = [{ container: programPort, host: port }];
    const [first, second] = [
      await engine.createContainer(specOf("holder", { ports })),
      await engine.createContainer(specOf("rival", { ports })),
    ];
    await engine.startContainer(first);
    expect((await engine.inspectContainer(first))?.endpoints.get(programPort)).toEqual({ host: "127.0.0.1", port });
    await expectRefused(
      engine.startContainer(second),
      new RegExp(`Bind for 127.0.0.1:${port} failed: port is already allocated`),
    );
    expect(await stateOf(second)).toBe("created");
    await engine.removeContainer(first);
    await freed(port);
    await engine.startContainer(second);
    expect(await eventuallyPong({ host: "127.0.0.1", port })).toBe("pong");
    await engine.removeContainer(second);
  });

  test("a folder of the engine's machine is mounted, and one that is not there refused", async () => {
    const bind = (source: string) => ({ binds: [{ source, path: "/given", readOnly: true }] });
    await expectRefused(
      engine.createContainer(specOf("lost", bind("/no/such/folder"))),
      /path does not exist: \/no\/such\/folder/,
    );
    await engine.removeContainer(await engine.createContainer(specOf("given", bind("/"))));
  });

  test("a file is put under the root, folders that are not there included", async () => {
    const id = await engine.createContainer(specOf("filled"));
    const file = { name: "etc/new/folder/file", byteLength: 2, content: pieces("me"), mode: 0o755 };
    await engine.putFile(id, "/", file);
    await expectRefused(engine.putFile(id, "/no/such/folder", file), /no\/such\/folder|Could not find the file/);
    await engine.removeContainer(id);
  });

  test("attach gives both ends of a program's own stdin and output, to one after another", async () => {
    const id = await engine.createContainer(specOf("attached", { agent: { binds: ["/tmp:/unused"] } }));
    await engine.startContainer(id);
    for (const word of ["one", "two"]) {
      const attached = await engine.attach(id);
      const demuxer = createDemuxer(false);
      attached.write(`${word}\n`);
      let heard = "";
      for await (const chunk of attached.output) {
        for (const { stream, bytes, start, end } of demuxer.push(chunk)) {
          if (stream === "stderr") heard += bytes.toString("utf8", start, end);
        }
        if (heard.includes(word)) attached.close();
      }
      expect(heard).toContain(`heard ${word}\n`);
    }
    await engine.removeContainer(id);
  });

  test("exec runs a command in a running container and keeps its output apart", async () => {
    const id = await engine.createContainer(specOf("exec"));
    await engine.startContainer(id);
    const out: string[] = [];
    const err: string[] = [];
    const { exitCode } = await engine.exec(
      id,
      ["node", "-e", "console.log('out'); console.error('err'); process.exitCode = 9"],
      (chunk) => out.push(decode(chunk)),
      (chunk) => err.push(decode(chunk)),
    );
    expect({ exitCode, out: out.join(""), err: err.join("") }).toEqual({ exitCode: 9, out: "out\n", err: "err\n" });
    await engine.removeContainer(id);
  });

  test("networks have one holder of a name, are found by label, and go with whatever is in them", async () => {
    const name = `${prefix}.two`;
    const id = await engine.createNetwork(name, { ...labels, kind: "second" });
    await expectRefused(engine.createNetwork(name, labels), /already exists/);
    expect(await engine.listNetworks([filter, "kind=second"])).toEqual([{ id, name, labels: { ...labels, kind: "second" } }]);
    const inside = await engine.createContainer(specOf("inside", { network: name }));
    await engine.startContainer(inside);
    await engine.removeNetwork(id);
    await engine.removeNetwork(id);
    expect((await engine.listNetworks([filter])).map((one) => one.name)).toEqual([`${prefix}.net`]);
    expect(await stateOf(inside)).toBe("running");
    await engine.removeContainer(inside);
  });

  test("a network is made on the subnet asked for, which then is in use and nobody else's", async () => {
    const subnet = proposeSubnet((await engine.resources()).subnets, createPrng(process.pid)) ?? "";
    const id = await engine.createNetwork(`${prefix}.own`, labels, subnet);
    expect((await engine.resources()).subnets).toContain(subnet);
    await expectRefused(engine.createNetwork(`${prefix}.rival`, labels, subnet), /overlap/);
    await engine.removeNetwork(id);
    expect((await engine.resources()).subnets).not.toContain(subnet);
  });

  test("tells in its own words all it knows of a container, a network and a volume", async () => {
    const volume = `${prefix}.told`;
    const mount = { name: volume, path: dataPath, labels };
    const id = await engine.createContainer(specOf("told", { volumes: [mount], environment: { TOLD: "all of it" } }));
    expect(await engine.inspectAll("container", id)).toMatchObject({
      Name: `/${prefix}.told`,
      Config: { Env: expect.arrayContaining(["TOLD=all of it"]), Labels: { ...labels, role: "told" } },
    });
    expect(await engine.inspectAll("network", `${prefix}.net`)).toMatchObject({ Name: `${prefix}.net`, Labels: labels });
    expect(await engine.inspectAll("volume", volume)).toMatchObject({ Name: volume, Labels: labels });
    await engine.removeContainer(id);
    await engine.removeVolume(volume);
    for (const what of ["container", "network", "volume"] as const) {
      expect(await engine.inspectAll(what, `${prefix}.nobody`)).toBeUndefined();
    }
  });

  test("nothing starts that is not there, or whose network is gone", async () => {
    await expectRefused(engine.startContainer(`${prefix}.nobody`), /No such container/);
    const network = await engine.createNetwork(`${prefix}.gone`, labels);
    const id = await engine.createContainer(specOf("lonely", { network: `${prefix}.gone` }));
    await engine.removeNetwork(network);
    await expectRefused(engine.startContainer(id), /network .* not found/);
    expect(await stateOf(id)).toBe("created");
    await engine.removeContainer(id);
  });

  test("volumes outlive containers, and are not removed under one", async () => {
    const name = `${prefix}.data`;
    let said: readonly Line[] = [];
    for (let life = 0; life < 2; life++) {
      // made with the first container, and as that one wanted it
      const mount = { name, path: dataPath, labels: { ...labels, kind: `life ${life}` } };
      const id = await engine.createContainer(specOf("keeper", { volumes: [mount], command: contractCommand(0) }));
      expect(await engine.listVolumes([filter, "kind"])).toEqual([{ name, labels: { ...labels, kind: "life 0" } }]);
      await engine.startContainer(id);
      await eventually(async () => (await stateOf(id)) === "exited");
      said = await linesOf(engine.logs(id, { follow: false }));
      await expectRefused(engine.removeVolume(name), /in use/);
      await engine.removeContainer(id);
    }
    expect(said.map(({ text }) => text)).toContain("boot 2\n");
    await engine.removeVolume(name);
    await engine.removeVolume(name);
    expect(await engine.listVolumes([filter])).toEqual([]);
  });
}

interface Line {
  readonly stream: string;
  readonly stamp: string;
  readonly text: string;
}

async function linesOf(chunks: AsyncIterable<Uint8Array>): Promise<readonly Line[]> {
  const demuxer = createDemuxer(false);
  const lines: Line[] = [];
  for await (const chunk of chunks) {
    for (const { stream, bytes, start, end } of demuxer.push(chunk)) {
      const whole = bytes.toString("utf8", start, end);
      const at = whole.indexOf(" ");
      lines.push({ stream, stamp: whole.slice(0, at), text: whole.slice(at + 1) });
    }
  }
  return lines;
}

function pieces(text: string): () => AsyncIterable<Uint8Array> {
  return async function* () {
    yield Buffer.from(text, "utf8");
  };
}

/** A build context of these files. */
export function tarOf(files: Readonly<Record<string, string>>): AsyncIterable<Uint8Array> {
  const tar = pack();
  for (const [name, text] of Object.entries(files)) tar.entry({ name }, text);
  tar.finalize();
  return tar as unknown as AsyncIterable<Uint8Array>;
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

function ignore(): void {
  // a command that must not run says nothing
}

async function expectRefused(call: Promise<unknown>, words: RegExp): Promise<void> {
  await expect(call).rejects.toMatchObject({ code: "ENGINE_REFUSED", message: expect.stringMatching(words) });
}

async function eventually(ask: () => Promise<boolean>): Promise<void> {
  await expect.poll(ask, { interval: 20 }).toBe(true);
}

async function eventuallyPong(endpoint: Endpoint): Promise<string | undefined> {
  await eventually(async () => (await ping(endpoint, 1000)) === "pong");
  return ping(endpoint, 1000);
}

/** What the program answers on its published port; undefined where nothing comes in time. */
function ping({ host, port }: Endpoint, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ host, port, agent: false, signal: AbortSignal.timeout(timeoutMs) }, (answer) => {
      answer.on("data", (chunk: Buffer) => resolve(chunk.toString()));
      answer.on("error", () => resolve(undefined));
    });
    asked.on("error", () => resolve(undefined));
    asked.end();
  });
}
