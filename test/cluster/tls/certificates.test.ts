// Shows what nodes show clients: certificates of our own, kept as long as they are good, and the user's, of which each flaw is one sentence.
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeAuthority, makeCertificate } from "../../../src/cluster/tls/certificate.js";
import { certificatesOf, digestOf } from "../../../src/cluster/tls/certificates.js";
import type { Certificates } from "../../../src/cluster/tls/certificates.js";
import { clusterDefaults, raftDefaults, storeService } from "../../../src/spec/cluster-spec.js";
import type { TlsSpec } from "../../../src/spec/cluster-spec.js";

const dayMs = 24 * 60 * 60 * 1000;
const nowMs = Date.parse("2026-11-21T10:00:00Z");
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "devious-tls-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Asked {
  readonly tls: TlsSpec;
  readonly nodes?: readonly string[];
  readonly atMs?: number;
  readonly dryRun?: boolean;
  readonly notes?: string[];
}

async function certificates({ tls, nodes = ["n1"], atMs = nowMs, dryRun = false, notes = [] }: Asked): Promise<Certificates> {
  const spec = {
    ...clusterDefaults,
    name: "shop",
    services: [storeService("store", nodes, { ...raftDefaults, tls }), storeService("plain", ["plain-1"])],
  };
  const report = (event: { type: string; text?: string }): void => void notes.push(event.text ?? event.type);
  const found = await certificatesOf({ spec, owner: folder, dryRun, nowMs: atMs, report });
  expect([...found.keys()]).toEqual(["store"]);
  return found.get("store") as Certificates;
}

describe("of our own", () => {
  const tls: TlsSpec = { kind: "auto" };

  it("are the same for the same cluster, however many nodes it has, until they end", async () => {
    const first = await certificates({ tls });
    expect(first.kept).toEqual({ ca: path.join(folder, ".devious/shop/tls/ca.pem"), client: null });
    expect(await certificates({ tls, nodes: ["n1", "n2", "n3"] })).toEqual(first);
    expect(await certificates({ tls, atMs: nowMs + 3600 * dayMs })).toEqual(first);
    const later = await certificates({ tls, atMs: nowMs + 3640 * dayMs });
    expect(digestOf(later)).not.toBe(digestOf(first));
    expect(await certificates({ tls, atMs: nowMs + 3640 * dayMs })).toEqual(later);
  });

  it("are made anew where the folder was removed, or holds something else", async () => {
    const first = await certificates({ tls });
    await rm(path.join(folder, ".devious"), { recursive: true });
    const second = await certificates({ tls });
    expect(second.cert).not.toBe(first.cert);
    const file = path.join(folder, ".devious/shop/tls/nodes/store.pem");
    for (const text of ["garbage", first.cert]) {
      await writeFile(file, text);
      expect((await certificates({ tls })).cert).not.toBe(text);
    }
  });

  it("keep their keys to the user, and are not written where nothing is to be done", async () => {
    await certificates({ tls, dryRun: true });
    expect(await readdir(folder)).toEqual([]);
    await certificates({ tls });
    for (const file of ["ca.key", "nodes/store.key"]) {
      expect((await stat(path.join(folder, ".devious/shop/tls", file))).mode & 0o777).toBe(0o600);
    }
  });
});

describe("of the user's", () => {
  const authority = makeAuthority("me", nowMs);
  const nodes = makeCertificate({ subject: "n1", purpose: "server", names: ["n1"] }, authority, "me", nowMs);
  const tls = { kind: "files", cert: "n.pem", key: "n.key", clientCa: null } as const;
  const write = (files: Readonly<Record<string, string>>): Promise<unknown> =>
    Promise.all(Object.entries(files).map(([name, text]) => writeFile(path.join(folder, name), text)));
  beforeEach(() => write({ "n.pem": nodes.cert, "n.key": nodes.key, "ca.pem": authority.cert }));

  it("are served as they are, with what stands behind them", async () => {
    await write({ "n.pem": nodes.cert + authority.cert });
    expect(await certificates({ tls })).toEqual({
      cert: nodes.cert + authority.cert,
      key: nodes.key,
      clientCa: null,
      kept: { ca: null, client: null },
    });
    expect(await readdir(folder)).not.toContain(".devious");
  });

  it("that want clients to show one get our own authority beside the user's", async () => {
    const { clientCa, kept } = await certificates({ tls: { ...tls, clientCa: "ca.pem" } });
    expect(clientCa?.startsWith(authority.cert)).toBe(true);
    expect(clientCa?.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    const own = path.join(folder, ".devious/shop/tls/devious");
    expect(kept).toEqual({ ca: null, client: { cert: `${own}.pem`, key: `${own}.key` } });
  });

  it("that have ended are told, and served", async () => {
    const notes: string[] = [];
    const { cert } = await certificates({ tls, atMs: nowMs + 4000 * dayMs, notes });
    expect(cert).toBe(nodes.cert);
    expect(notes).toEqual(["the certificate of store ended at 2036-11-18T10:00:00.000Z"]);
  });

  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const other = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const locked = privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-128-cbc", passphrase: "x" }) as string;
  it.each<[Partial<TlsSpec & { kind: "files" }>, Readonly<Record<string, string>>, string]>([
    [{ cert: "x.pem" }, {}, "tls.cert: DIR/x.pem is not there"],
    [{ cert: "." }, {}, "tls.cert: DIR is a folder"],
    [{ key: "../x/n.key" }, {}, "tls.key: UP/x/n.key is not there"],
    [{}, { "n.pem": "hello" }, "tls.cert: DIR/n.pem holds no certificate in PEM"],
    [
      {},
      { "n.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" },
      "tls.cert: DIR/n.pem holds no certificate in PEM",
    ],
    [{}, { "n.key": nodes.cert }, "tls.key: DIR/n.key holds no private key in PEM"],
    [{}, { "n.key": other }, "tls.key: DIR/n.key is not the key of the certificate in DIR/n.pem"],
    [{}, { "n.key": locked }, "tls.key: DIR/n.key needs a passphrase: nodes have nobody to ask"],
    [{ clientCa: "n.key" }, {}, "tls.clientCa: DIR/n.key holds no certificate in PEM"],
  ])("are refused before anything is made: %j %#", async (change, files, sentence) => {
    await write(files);
    const said = `store: ${sentence}`.replace("UP", path.dirname(folder)).replaceAll("DIR", folder);
    await expect(certificates({ tls: { ...tls, ...change } })).rejects.toMatchObject({ code: "SPEC_INVALID", message: said });
    expect(await readdir(folder)).not.toContain(".devious");
  });
});
