// Shows which base the node image gets, both Dockerfiles (golden), and what is in the registry base's build context.
import { Readable } from "node:stream";
import { extract } from "tar-stream";
import { expect, test } from "vitest";
import type { EngineFacts } from "../../src/engine/port.js";
import { localContext, registryContext } from "../../src/image/context.js";
import { chooseBase, localDockerfile, registryDockerfile } from "../../src/image/recipe.js";

const facts: EngineFacts = {
  version: "29.0.0",
  apiVersion: "1.52",
  os: "linux",
  arch: "amd64",
  kernel: "6.18.0",
  local: true,
  address: "unix:///var/run/docker.sock",
  addressFrom: "the default",
  unreachedMachine: null,
};
const host = { platform: "linux", arch: "x64" };

test.each([
  ["this machine's own engine", {}, {}, "local"],
  ["the same on ARM", { arch: "arm64" }, { arch: "arm64" }, "local"],
  ["the same on POWER", { arch: "ppc64le" }, { arch: "ppc64" }, "local"],
  ["an engine far away", { local: false }, {}, "registry"],
  ["an engine of another architecture", { arch: "arm64" }, {}, "registry"],
  ["Docker Desktop on macOS", { local: false, arch: "arm64" }, { platform: "darwin", arch: "arm64" }, "registry"],
  ["Windows containers", { os: "windows" }, { platform: "win32" }, "registry"],
  ["an architecture Docker has no name for", { arch: "mips" }, { arch: "mips" }, "registry"],
] as const)("%s", (_title, changedFacts, changedHost, expected) => {
  expect(chooseBase({ ...facts, ...changedFacts }, { ...host, ...changedHost })).toBe(expected);
});

test.each([
  ["local", localDockerfile],
  ["registry", registryDockerfile],
])("the %s Dockerfile", async (base, dockerfile) => {
  await expect(dockerfile()).toMatchFileSnapshot(`../golden/image/${base}.Dockerfile`);
});

test("the registry context is the Dockerfile and the four programs, the same bytes each time", async () => {
  const programs = { store: "the store", agent: "the agent", probe: "the probe", shipper: "the shipper" };
  const entries = await entriesOf(registryContext(programs));
  expect(entries).toEqual([
    ["Dockerfile", "file", registryDockerfile()],
    ["devious/store.mjs", "file", "the store"],
    ["devious/agent.mjs", "file", "the agent"],
    ["devious/probe.mjs", "file", "the probe"],
    ["devious/shipper.mjs", "file", "the shipper"],
  ]);
  const bytes = async (): Promise<string> => JSON.stringify(await entriesOf(registryContext(programs)));
  expect(await bytes()).toBe(await bytes());
});

test("the local context is a file tree of its own, with links for the tools' other names", async () => {
  const tool = { source: import.meta.filename, target: "/usr/sbin/tool", links: ["/usr/sbin/alias"] };
  const entries = await entriesOf(localContext({ store: "s", agent: "a", probe: "p", shipper: "h" }, [tool], []));
  expect(entries.map(([name, type]) => `${type} ${name}`)).toEqual([
    "file Dockerfile",
    "file rootfs/devious/store.mjs",
    "file rootfs/devious/agent.mjs",
    "file rootfs/devious/probe.mjs",
    "file rootfs/devious/shipper.mjs",
    "file rootfs/etc/nsswitch.conf",
    "file rootfs/etc/protocols",
    "file rootfs/etc/passwd",
    "directory rootfs/tmp",
    "directory rootfs/run",
    "file rootfs/usr/sbin/tool",
    "symlink rootfs/usr/sbin/alias",
  ]);
});

test("a file that cannot be read fails the context", async () => {
  const gone = { source: "/nonexistent/tool", target: "/usr/sbin/tool", links: [] };
  await expect(entriesOf(localContext({ store: "s", agent: "a", probe: "p", shipper: "h" }, [gone], []))).rejects.toThrow(
    /nonexistent/,
  );
});

async function entriesOf(context: AsyncIterable<Uint8Array>): Promise<readonly (readonly [string, string, string])[]> {
  const tar = extract();
  const source = Readable.from(context);
  source.on("error", (error) => tar.destroy(error));
  source.pipe(tar);
  const entries: [string, string, string][] = [];
  for await (const entry of tar) {
    let text = "";
    for await (const chunk of entry) text += String(chunk);
    entries.push([entry.header.name, entry.header.type ?? "", text]);
  }
  return entries;
}
