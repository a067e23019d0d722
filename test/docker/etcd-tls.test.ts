// Shows that clients of etcd come over TLS to three containers: with certificates of devious's own, and with the user's, which they then must show.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { Etcd3 } from "etcd3";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAuthority, makeCertificate } from "../../src/cluster/tls/certificate.js";
import type { KeyPair } from "../../src/workspace/tls-folder.js";
import { docker, eventually, TestCluster } from "../support/cli.js";

/** Etcdctl is on the host, where the store's ports are published. `npm test` installs it where it may. */
const env = { ETCDCTL_API: "3" };
const etcdctlVersion = await execa("etcdctl", ["version"], { env, reject: false });
const reason = etcdctlVersion.exitCode === 0 ? undefined : "no etcdctl here; Debian has it in etcd-client";
if (reason !== undefined && process.env["CI"] !== undefined) throw new Error(reason);

/** What a person sees. */
async function etcdctl(flags: readonly string[], line: string): Promise<string> {
  const { stdout, stderr } = await execa("etcdctl", [...flags, "--command-timeout=5s", ...line.split(" ")], {
    env,
    reject: false,
    timeout: 20_000,
  });
  return stdout === "" ? stderr : stdout;
}

async function addressesOf(cluster: TestCluster): Promise<readonly string[]> {
  return (await cluster.status()).nodes.map(({ address }) => address ?? "");
}

describe.skipIf(reason !== undefined)("with certificates that devious makes", () => {
  let cluster: TestCluster;
  let ca: string;
  let addresses: readonly string[];
  beforeAll(async () => {
    cluster = await TestCluster.create("store: { design: raft, tls: auto }\n");
    await cluster.up();
    const { nodes } = await cluster.status();
    ca = nodes[0]?.tls?.ca ?? "";
    addresses = nodes.map(({ address }) => address ?? "");
  });
  afterAll(() => cluster.destroy());
  const trusting = (): readonly string[] => ["--cacert", ca, "--endpoints", addresses.join(",")];

  it("puts, gets and watches by etcdctl, which trusts the file that status names", async () => {
    expect(addresses.every((address) => address.startsWith("https://127.0.0.1:"))).toBe(true);
    const watch = execa("etcdctl", [...trusting(), "watch", "greeting"], { env, reject: false, timeout: 30_000 });
    let seen = "";
    watch.stdout.on("data", (chunk: Buffer) => (seen += chunk.toString()));
    let puts = 0;
    await eventually("the watch sees a put", 10_000, async () => {
      expect(await etcdctl(trusting(), `put greeting hello-${puts++}`)).toBe("OK");
      return /^PUT\ngreeting\nhello-\d+\n/.test(seen);
    });
    watch.kill();
    await watch;
    expect(await etcdctl(trusting(), "get greeting --print-value-only")).toBe(`hello-${puts - 1}`);
    expect(await etcdctl([...trusting(), "--write-out=simple"], "endpoint health")).not.toMatch(/unhealthy/);
  });

  it("lets npm etcd3 in, and nobody who does not trust it", async () => {
    const client = new Etcd3({ hosts: [...addresses], credentials: { rootCertificate: readFileSync(ca) } });
    await client.put("typed").value("by etcd3");
    expect(await client.get("typed").string()).toBe("by etcd3");
    client.close();
    expect(await etcdctl(["--endpoints", addresses[0] ?? ""], "get typed")).toMatch(/deadline exceeded|unknown authority/);
  });

  it("takes no client in plain text, but tells how it is", async () => {
    const plain = (addresses[0] ?? "").replace("https://", "");
    expect(await etcdctl(["--endpoints", plain], "get typed")).toMatch(/deadline exceeded|unavailable/i);
    const put = await fetch(`http://${plain}/v3/kv/range`, { method: "POST", body: `{"key":"YQ=="}` });
    expect([put.status, await put.text()]).toEqual([400, "Client sent an HTTP request to an HTTPS server.\n"]);
    expect(await (await fetch(`http://${plain}/health`)).json()).toEqual({ health: "true" });
  });

  it("lets devious in, also to add a node under the same certificate", async () => {
    expect((await cluster.run("put", "mine", "1", "--cluster", cluster.name)).exitCode).toBe(0);
    expect((await cluster.run("get", "mine", "--cluster", cluster.name)).stdout).toBe("1");
    expect((await cluster.run("del", "mine", "--cluster", cluster.name)).exitCode).toBe(0);
    const { steps } = await cluster.up("--nodes", "4");
    expect(steps).toEqual(["create n4 and let it join store"]);
    const [last] = (await addressesOf(cluster)).slice(-1);
    expect(await etcdctl(["--cacert", ca, "--endpoints", last ?? ""], "get typed --print-value-only")).toBe("by etcd3");
  });

  it("keeps the key in the container only: neither in what the engine tells of it nor among the data", async () => {
    const inside = (expression: string): Promise<string> => docker("exec", cluster.container("n1"), "node", "-p", expression);
    expect(await inside(`fs.readFileSync("/devious/tls-key.pem", "utf8")`)).toMatch(/PRIVATE KEY/);
    expect(await inside(`fs.statSync("/devious/tls-key.pem").mode & 0o777`)).toBe(String(0o400));
    expect(await docker("inspect", cluster.container("n1"))).not.toMatch(/PRIVATE KEY/);
    expect(await inside(`fs.readdirSync("/data").join()`)).not.toMatch(/pem|key/);
  });
});

describe.skipIf(reason !== undefined)("with the user's certificates", () => {
  let cluster: TestCluster;
  let authority: KeyPair;
  const nowMs = Date.now();
  const file = (name: string): string => path.join(cluster.folder, name);
  const certificate = (purpose: "server" | "client", ...names: readonly string[]): KeyPair =>
    makeCertificate({ subject: "shop", purpose, names }, authority, "the shop", nowMs);
  const write = async (name: string, { cert, key }: KeyPair): Promise<void> => {
    await writeFile(file(`${name}.pem`), cert);
    await writeFile(file(`${name}.key`), key);
  };
  beforeAll(async () => {
    cluster = await TestCluster.create(
      "store: { design: raft, tls: { cert: nodes.pem, key: nodes.key, clientCa: ca.pem } }\nnodes: 3\n",
    );
    authority = makeAuthority("the shop", nowMs);
    await write("ca", authority);
    await write("nodes", certificate("server", "127.0.0.1"));
    await write("ada", certificate("client"));
    await cluster.up();
  });
  afterAll(() => cluster.destroy());
  const shown = (): readonly string[] => ["--cert", file("ada.pem"), "--key", file("ada.key")];

  it("lets in who shows one, and nobody else", async () => {
    const flags = ["--cacert", file("ca.pem"), "--endpoints", (await addressesOf(cluster)).join(",")];
    expect(await etcdctl([...flags, ...shown()], "put a 1")).toBe("OK");
    expect(await etcdctl(flags, "get a")).toMatch(/deadline exceeded|bad certificate|certificate required/);
    const hosts = [...(await addressesOf(cluster))];
    const [rootCertificate, certChain, privateKey] = ["ca.pem", "ada.pem", "ada.key"].map((name) => readFileSync(file(name)));
    const client = new Etcd3({
      hosts,
      credentials: {
        rootCertificate: rootCertificate as Buffer,
        certChain: certChain as Buffer,
        privateKey: privateKey as Buffer,
      },
    });
    expect(await client.get("a").string()).toBe("1");
    client.close();
  });

  it("lets devious in, and finds nothing to do for an up", async () => {
    expect((await cluster.run("get", "a", "--cluster", cluster.name)).stdout).toBe("1");
    expect((await cluster.up()).steps).toEqual([]);
    expect((await cluster.run("status", "--cluster", cluster.name)).stdout).toContain(
      "n1, n2, n3 take clients over TLS, if they show a certificate",
    );
  });

  it("makes the nodes anew for a new certificate, and refuses one that does not fit", async () => {
    const { key } = certificate("server", "127.0.0.1");
    await writeFile(file("nodes.key"), key);
    const refused = await cluster.run("up", "--name", cluster.name);
    expect([refused.exitCode, refused.stderr.replaceAll(/\s+/g, " ")]).toEqual([
      64,
      expect.stringContaining("is not the key of the certificate in"),
    ]);
    await write("nodes", certificate("server", "127.0.0.1", "renewed"));
    const { steps } = await cluster.up();
    expect(steps).toEqual(["n1", "n2", "n3"].map((node) => `make ${node} anew, keeping its volume`));
    const flags = ["--cacert", file("ca.pem"), "--endpoints", (await addressesOf(cluster)).join(","), ...shown()];
    expect(await etcdctl(flags, "get a --print-value-only")).toBe("1");
  });
});
