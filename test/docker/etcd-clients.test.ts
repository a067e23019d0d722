// Shows what etcdctl does with three containers of the store where the real etcd is no judge: our members and their numbers, alarms, cuts, saved states (etcd-script.test.ts has the rest).
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, TestCluster } from "../support/cli.js";

/** Etcdctl is on the host, where the store's ports are published. `npm test` installs it where it may. */
const etcdctlVersion = await execa("etcdctl", ["version"], { env: { ETCDCTL_API: "3" }, reject: false });
const reason = etcdctlVersion.exitCode === 0 ? undefined : "no etcdctl here; Debian has it in etcd-client";
if (reason !== undefined && process.env["CI"] !== undefined) throw new Error(reason);

let cluster: TestCluster;
/** `127.0.0.1:49153`, by node. */
let addresses: Readonly<Record<string, string>>;
let all: string;
beforeAll(async () => {
  cluster = await TestCluster.create();
  await cluster.up();
  const { nodes } = await cluster.status();
  addresses = Object.fromEntries(nodes.map(({ node, address }) => [node, address ?? ""]));
  all = Object.values(addresses).join(",");
});
afterAll(() => cluster.destroy());

interface Typed {
  readonly endpoints?: string;
  readonly input?: string;
}

/** What a person sees, and 0 or not. */
async function typed(
  line: string,
  { endpoints = all, input = "" }: Typed = {},
): Promise<{ out: string; err: string; code: number }> {
  const result = await execa("etcdctl", ["--endpoints", endpoints, ...line.split(" ")], {
    env: { ETCDCTL_API: "3" },
    reject: false,
    input,
    timeout: 20_000,
  });
  return { out: result.stdout, err: result.stderr, code: result.exitCode ?? -1 };
}

/**
 * An etcdctl that goes on until it is ended. One that gives up begins anew, a few times: it does where a member has no leader just then, or
 * has not answered within two seconds.
 */
function watching(line: string, { endpoints = all, input = "" }: Typed = {}) {
  const gaveUp: string[] = [];
  let isOver = false;
  let out = "";
  const begin = () => {
    const running = execa("etcdctl", ["--endpoints", endpoints, ...line.split(" ")], {
      env: { ETCDCTL_API: "3" },
      reject: false,
      timeout: 60_000,
    });
    out = "";
    running.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    if (input !== "") running.stdin.write(input);
    return { running, ended: running.then(({ stderr }) => goOn(stderr)) };
  };
  const goOn = (stderr: string): void => {
    if (isOver) return;
    gaveUp.push(stderr);
    if (gaveUp.length <= 5) latest = begin();
  };
  let latest = begin();
  return {
    out: () => out.trim(),
    tells: (isTold: (out: string) => boolean, meanwhile?: () => Promise<unknown>) =>
      eventually("a watch tells it", 20_000, async () => {
        await meanwhile?.();
        return isTold(out);
      }).catch((cause: unknown) => {
        throw new Error(`${line} told: ${out}; it gave up: ${gaveUp.join("; ") || "never"}`, { cause });
      }),
    end: async (): Promise<void> => {
      isOver = true;
      latest.running.kill();
      await latest.ended;
    },
  };
}

async function prints(line: string, options: Typed = {}): Promise<string> {
  const { out, err, code } = await typed(line, options);
  if (code !== 0) throw new Error(`etcdctl ${line} ended with ${code}: ${err}`);
  return out;
}

describe.skipIf(reason !== undefined)(`etcdctl as people type it${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  it("lists the members and says how they are", async () => {
    const members = (await prints("member list")).split("\n");
    const urls = (node: string): string => `http://${node}:2380, http://${node}:2379`;
    expect(members).toEqual(["n1", "n2", "n3"].map((node, i) => `${i + 1}, started, ${node}, ${urls(node)}, false`));
    const rows = JSON.parse(await prints("endpoint status -w json")) as readonly {
      Endpoint: string;
      Status: { header: { member_id: number }; version: string; leader: number; raftIndex: number };
    }[];
    expect(rows.map(({ Endpoint, Status }) => [Endpoint, Status.header.member_id])).toEqual(
      Object.values(addresses).map((address, i) => [address, i + 1]),
    );
    const leader = `n${rows[0]?.Status.leader}`;
    expect(new Set(rows.map(({ Status }) => `n${Status.leader}`))).toEqual(new Set([await cluster.leader()]));
    expect(Object.keys(addresses)).toContain(leader);
    const { err, code } = await typed("endpoint health");
    expect([err.match(/is healthy: successfully committed proposal/g)?.length, code]).toEqual([3, 0]);
  });

  it("saves a snapshot, defragments, and shows and ends alarms", async () => {
    await prints("put saved 1");
    const dir = mkdtempSync(join(tmpdir(), "devious-etcdctl-"));
    const file = join(dir, "state.db");
    const [one = ""] = Object.values(addresses);
    expect(await prints(`snapshot save ${file}`, { endpoints: one })).toBe(`Snapshot saved at ${file}`);
    const saved = readFileSync(file);
    rmSync(dir, { recursive: true });
    const [body, digest] = [saved.subarray(0, -32), saved.subarray(-32)];
    expect([body.length % 512, createHash("sha256").update(body).digest().equals(digest)]).toEqual([0, true]);
    expect((await prints("defrag")).match(/Finished defragmenting/g)).toHaveLength(3);

    expect(await prints("alarm list")).toBe("");
    const alarm = JSON.stringify({ action: "ACTIVATE", memberID: "2", alarm: "NOSPACE" });
    const raised = await fetch(`http://${one}/v3/maintenance/alarm`, { method: "POST", body: alarm });
    expect(raised.status).toBe(200);
    expect(await prints("alarm list")).toBe("memberID:2 alarm:NOSPACE ");
    const { err, code } = await typed("put saved 2");
    expect([/etcdserver: mvcc: database space exceeded/.test(err), code]).toEqual([true, 1]);
    expect(await prints("get saved --print-value-only")).toBe("1");
    expect(await prints("alarm disarm")).toBe("memberID:2 alarm:NOSPACE ");
    expect(await prints("put saved 2")).toBe("OK");
  });

  it("moves the leader, whichever node is asked first, and to members only", async () => {
    const before = Number((await cluster.leader())?.slice(1));
    const after = (before % 3) + 1;
    expect(await prints(`move-leader ${after}`)).toBe(`Leadership transferred from ${before} to ${after}`);
    expect(await cluster.leader()).toBe(`n${after}`);
    const { err, code } = await typed("move-leader 99");
    expect([/etcdserver: bad leader transferee/.test(err), code]).toEqual([true, 1]);
  });

  it("locks: of two that want one, each has it alone", async () => {
    const critical = (): Promise<string> => prints("lock mutex -- etcdctl --endpoints " + all + " put --prev-kv holder me");
    const [one, other] = await Promise.all([critical(), critical()]);
    expect([one, other].toSorted()).toEqual(["OK", "OK\nholder\nme"].toSorted());
    expect(await prints("get --prefix mutex")).toBe("");
  });

  it("a member without a quorum answers what needs none, and says why it does nothing else", async () => {
    await prints("put known 1");
    const endpoints = addresses["n3"] ?? "";
    expect(await prints("get known --print-value-only", { endpoints })).toBe("1");
    await cluster.json("chaos", "partition", "isolate n3", "--for", "1m");
    expect(await prints("get known --consistency=s --print-value-only", { endpoints })).toBe("1");
    const { err, code } = await typed("put known 2", { endpoints });
    expect(err).toMatch(/etcdserver: (no leader|request timed out)/);
    expect(code).toBe(1);
    expect((await typed("endpoint health", { endpoints })).err).toMatch(/is unhealthy/);
    await cluster.json("chaos", "heal");
    await eventually("n3 follows again", 20_000, async () => (await typed("get known", { endpoints })).code === 0);
  });

  it("watches a key, a prefix, what was before, and the past", async () => {
    const { header } = JSON.parse(await prints("put watched/a 1 -w json")) as { header: { revision: number } };
    const past = `watch --prefix watched/ --rev=${header.revision}`;
    // then n1 has it as well, and what is watched from now on comes later
    await prints("get watched/a", { endpoints: addresses["n1"] ?? "" });
    const one = watching("watch watched/a", { endpoints: addresses["n1"] ?? "" });
    const prefix = watching(`${past} --prev-kv`, { endpoints: addresses["n2"] ?? "" });
    const typedIn = watching("watch -i", { input: `watch watched/b\n${past}\n` });
    try {
      for (const watch of [prefix, typedIn]) await watch.tells((out) => out.includes("PUT\nwatched/a\n1"));
      // nobody knows when it has begun
      await one.tells(
        (out) => out.startsWith("PUT\nwatched/a\n2"),
        () => prints("put watched/a 2"),
      );
      await prints("put watched/b x");
      await prints("del watched/b");
      await prefix.tells((out) => out.includes("DELETE\nwatched/b\nx\nwatched/b"));
      expect(prefix.out()).toMatch(/^PUT\nwatched\/a\n1\nPUT\nwatched\/a\n1\nwatched\/a\n2\n/);
      // both that were typed in
      await typedIn.tells((out) => out.match(/DELETE\nwatched\/b/g)?.length === 2);
    } finally {
      for (const { end } of [one, prefix, typedIn]) await end();
    }
  });
});

describe.skipIf(reason !== undefined)("a saved state", () => {
  it("begins a new cluster: its keys, its revisions and its past; and a damaged one begins none", async () => {
    const dir = mkdtempSync(join(tmpdir(), "devious-restore-"));
    const file = join(dir, "state.db");
    const other = await TestCluster.create();
    const reach = async (): Promise<string> => (await other.status()).nodes.map(({ address }) => address).join(",");
    try {
      await other.up();
      let endpoints = await reach();
      await prints("put restored 1", { endpoints });
      await prints("put restored 2", { endpoints });
      await prints(`snapshot save ${file}`, { endpoints: endpoints.split(",")[0] ?? "" });
      const before = JSON.parse(await prints("get restored -w json", { endpoints })) as {
        kvs: unknown;
        header: { revision: number };
      };
      await other.json("down", "--volumes");

      const damaged = readFileSync(file);
      damaged[200] = (damaged[200] ?? 0) ^ 1;
      writeFileSync(`${file}.damaged`, damaged);
      await expect(other.json("up", "--restore", `${file}.damaged`)).rejects.toThrow(/cannot be restored/);

      await other.json("up", "--restore", file);
      endpoints = await reach();
      const after = JSON.parse(await prints("get restored -w json", { endpoints })) as typeof before;
      expect([after.kvs, after.header.revision]).toEqual([before.kvs, before.header.revision]);
      expect(await prints(`get restored --rev=${after.header.revision - 1} --print-value-only`, { endpoints })).toBe("1");
      expect(await prints("put restored 3", { endpoints })).toBe("OK");
      await expect(other.json("up", "--restore", file)).rejects.toThrow(/is there already/);
    } finally {
      rmSync(dir, { recursive: true });
      await other.destroy();
    }
  }, 120_000);
});

describe.skipIf(reason !== undefined)("users and roles", () => {
  it("etcdctl makes them, is let in by them, and turns them off again", async () => {
    for (const line of [
      "user add root:secret",
      "user grant-role root root",
      "role add reader",
      "role grant-permission reader read app/ --prefix=true",
      "user add ada:word",
      "user grant-role ada reader",
      "put app/key value",
      "auth enable",
    ])
      await prints(line);
    try {
      expect(await prints("--user ada:word get app/key --print-value-only")).toBe("value");
      expect((await typed("--user ada:word put app/key other")).err).toContain("permission denied");
      expect((await typed("get app/key")).err).toContain("user name is empty");
      expect((await typed("--user ada:wrong get app/key")).err).toContain("invalid user ID or password");
      expect(await prints("--user root:secret user list")).toBe("ada\nroot");
      expect(await prints("--user root:secret role get reader")).toContain("[app/, app0) (prefix app/)");
      // what devious itself asks of nodes needs no user
      expect((await cluster.status()).nodes).toHaveLength(3);
    } finally {
      await prints("--user root:secret auth disable");
    }
    expect(await prints("get app/key --print-value-only")).toBe("value");
    for (const line of ["user delete ada", "user delete root", "role delete reader"]) await prints(line);
  });
});
