// Shows that unmodified clients of etcd work against three containers of the store: Debian's etcdctl as people type it, and npm etcd3.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Etcd3 } from "etcd3";
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

/** An etcdctl that goes on until it is ended. */
function watching(line: string, { endpoints = all, input = "" }: Typed = {}) {
  const env = { ETCDCTL_API: "3" };
  const running = execa("etcdctl", ["--endpoints", endpoints, ...line.split(" ")], { env, reject: false, timeout: 60_000 });
  if (input !== "") running.stdin.write(input);
  let out = "";
  running.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  const end = async (): Promise<void> => {
    running.kill();
    await running;
  };
  return { out: () => out.trim(), end };
}

async function prints(line: string, options: Typed = {}): Promise<string> {
  const { out, err, code } = await typed(line, options);
  if (code !== 0) throw new Error(`etcdctl ${line} ended with ${code}: ${err}`);
  return out;
}

describe.skipIf(reason !== undefined)(`etcdctl as people type it${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  it("puts, gets and deletes, by whichever node", async () => {
    for (const [node, endpoints] of Object.entries(addresses)) {
      expect(await prints(`put by/${node} ${node}`, { endpoints })).toBe("OK");
    }
    for (const endpoints of Object.values(addresses)) {
      expect(await prints("get --prefix by/", { endpoints })).toBe("by/n1\nn1\nby/n2\nn2\nby/n3\nn3");
    }
    expect(await prints("get --prefix by/ --keys-only --limit 2")).toBe("by/n1\n\nby/n2\n");
    expect(await prints("get by/n1 by/n3 --print-value-only")).toBe("n1\nn2");
    expect(await prints("get --prefix by/ --sort-by=KEY --order=ASCEND --consistency=s --print-value-only")).toBe("n1\nn2\nn3");
    expect(await prints("put by/n1 again --prev-kv")).toBe("OK\nby/n1\nn1");
    expect(await prints("put by/n1", { input: "a line\nand another" })).toBe("OK");
    expect(await prints("get by/n1 --print-value-only")).toBe("a line\nand another");
    expect(await prints("del by/n2 --prev-kv")).toBe("1\nby/n2\nn2");
    expect(await prints("del --prefix by/")).toBe("2");
    expect(await prints("get --prefix by/")).toBe("");
  });

  it("shows revisions as etcd counts them", async () => {
    await prints("put counted 1");
    await prints("put counted 2");
    const { header, kvs, count } = JSON.parse(await prints("get counted -w json")) as {
      header: { revision: number };
      kvs: readonly Readonly<Record<string, unknown>>[];
      count: number;
    };
    expect({ kvs, count }).toEqual({
      kvs: [
        {
          key: Buffer.from("counted").toString("base64"),
          create_revision: header.revision - 1,
          mod_revision: header.revision,
          version: 2,
          value: Buffer.from("2").toString("base64"),
        },
      ],
      count: 1,
    });
  });

  it("reads the past, in any order, until it is compacted", async () => {
    await prints("put past/a 2");
    await prints("put past/b 1");
    const { header } = JSON.parse(await prints("put past/a 0 -w json")) as { header: { revision: number } };
    expect(await prints(`get --prefix past/ --rev=${header.revision - 1} --print-value-only`)).toBe("2\n1");
    expect(await prints("get --prefix past/ --sort-by=VALUE --order=DESCEND --print-value-only")).toBe("1\n0");
    expect(await prints(`compact ${header.revision} --physical`)).toBe(`compacted revision ${header.revision}`);
    const { err, code } = await typed(`get past/a --rev=${header.revision - 1}`);
    expect([/required revision has been compacted/.test(err), code]).toEqual([true, 1]);
  });

  it("does transactions", async () => {
    await prints("put account 1");
    const input = `value("account") = "1"\n\nput account 2\n\nget account\n\n`;
    expect(await prints("txn", { input })).toBe("SUCCESS\n\nOK");
    expect(await prints("txn", { input })).toBe("FAILURE\n\naccount\n2");
  });

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

  it("grants leases, tells of them, renews and ends them, by whichever node", async () => {
    const [n1 = "", n2 = "", n3 = ""] = Object.values(addresses);
    const granted = await prints("lease grant 300", { endpoints: n1 });
    const id = /^lease ([0-9a-f]{16}) granted with TTL\(300s\)$/.exec(granted)?.[1] ?? "";
    expect(await prints(`put --lease=${id} leased v`, { endpoints: n2 })).toBe("OK");
    expect(await prints("lease list", { endpoints: n3 })).toBe(`found 1 leases\n${id}`);
    expect(await prints(`lease timetolive ${id} --keys`, { endpoints: n3 })).toMatch(
      new RegExp(String.raw`^lease ${id} granted with TTL\(300s\), remaining\(\d+s\), attached keys\(\[leased\]\)$`),
    );
    expect(await prints(`lease keep-alive --once ${id}`, { endpoints: n2 })).toBe(`lease ${id} keepalived with TTL(300)`);
    expect(await prints(`lease revoke ${id}`, { endpoints: n3 })).toBe(`lease ${id} revoked`);
    expect(await prints("get leased")).toBe("");
    expect(await prints(`lease timetolive ${id}`)).toBe(`lease ${id} already expired`);
    expect((await typed(`lease keep-alive ${id}`)).out).toBe(`lease ${id} expired or revoked.`);
  });

  it("locks: of two that want one, each has it alone", async () => {
    const critical = (): Promise<string> => prints("lock mutex -- etcdctl --endpoints " + all + " put --prev-kv holder me");
    const [one, other] = await Promise.all([critical(), critical()]);
    expect([one, other].toSorted()).toEqual(["OK", "OK\nholder\nme"].toSorted());
    expect(await prints("get --prefix mutex")).toBe("");
  });

  it("elects: whoever listens is told who was elected", async () => {
    const campaign = execa("etcdctl", ["--endpoints", all, "elect", "office", "alice"], {
      env: { ETCDCTL_API: "3" },
      reject: false,
    });
    await eventually(
      "alice is in office",
      20_000,
      async () => (await prints("get --prefix office --print-value-only")) === "alice",
    );
    const listener = execa("etcdctl", ["--endpoints", all, "elect", "--listen", "office"], {
      env: { ETCDCTL_API: "3" },
      reject: false,
      timeout: 20_000,
    });
    let heard = "";
    listener.stdout.on("data", (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.includes("alice")) listener.kill("SIGINT");
    });
    await listener;
    expect(heard).toMatch(/^office\/[0-9a-f]+\nalice\n/);
    campaign.kill("SIGINT");
    await campaign;
    await eventually("the office is free", 20_000, async () => (await prints("get --prefix office")) === "");
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
    const one = watching("watch watched/a", { endpoints: addresses["n1"] ?? "" });
    const prefix = watching(`${past} --prev-kv`, { endpoints: addresses["n2"] ?? "" });
    const typedIn = watching("watch -i", { input: `watch watched/b\n${past}\n` });
    const tells = (watch: { out: () => string }, text: string) =>
      eventually(`it tells ${text}`, 10_000, () => Promise.resolve(watch.out().includes(text)));
    try {
      await tells(prefix, "PUT\nwatched/a\n1");
      await tells(typedIn, "PUT\nwatched/a\n1");
      await eventually("a put is told", 20_000, async () => {
        await prints("put watched/a 2");
        return one.out().startsWith("PUT\nwatched/a\n2");
      });
      await prints("put watched/b x");
      await prints("del watched/b");
      await tells(prefix, "DELETE\nwatched/b\nx\nwatched/b");
      expect(prefix.out()).toMatch(/^PUT\nwatched\/a\n1\nPUT\nwatched\/a\n1\nwatched\/a\n2\n/);
      const twice = (): boolean => typedIn.out().match(/DELETE\nwatched\/b/g)?.length === 2;
      await eventually("both that were typed in tell it", 10_000, () => Promise.resolve(twice()));
    } finally {
      for (const { end } of [one, prefix, typedIn]) await end();
    }
  });

  it("mirrors one prefix to another", async () => {
    await prints("put mirrored/a 1");
    const mirror = watching(`make-mirror --prefix mirrored/ --dest-prefix mirror/ ${addresses["n3"]}`);
    const shows = async (shown: string): Promise<void> =>
      eventually(`the mirror shows ${shown}`, 20_000, async () => (await prints(get)) === shown);
    const get = "get --prefix mirror/ --print-value-only";
    try {
      await shows("1");
      await prints("put mirrored/b 2");
      await shows("1\n2");
      await prints("del mirrored/a");
      await shows("2");
      expect(await prints("get mirror/b")).toBe("mirror/b\n2");
    } finally {
      await mirror.end();
    }
  });

  it.each([
    ["compact 999999999", /etcdserver: mvcc: required revision is a future revision/],
    ["put k v --lease=7", /etcdserver: requested lease not found/],
    ["lease revoke 7", /etcdserver: requested lease not found/],
    ["lease grant 9000000001", /etcdserver: too large lease TTL/],
    ["member remove 63", /etcdserver: member not found/],
  ])("%s: refused, and why", async (line, why) => {
    const { err, code } = await typed(line);
    expect(err).toMatch(why);
    expect(code).not.toBe(0);
  });
});

describe("npm etcd3", () => {
  let client: Etcd3;
  beforeAll(() => {
    client = new Etcd3({ hosts: Object.values(addresses).map((address) => `http://${address}`) });
  });
  afterAll(() => client.close());

  it("puts, gets and deletes texts, bytes and JSON", async () => {
    const space = client.namespace("etcd3/");
    await space.put("text").value("grün");
    await space.put("bytes").value(Buffer.from([0, 255, 128]));
    await space.put("json").value(JSON.stringify({ a: 1 }));
    expect(await space.get("text").string()).toBe("grün");
    expect(await space.get("bytes").buffer()).toEqual(Buffer.from([0, 255, 128]));
    expect(await space.get("json").json()).toEqual({ a: 1 });
    expect(await space.getAll().keys()).toEqual(["bytes", "json", "text"]);
    expect(await space.getAll().sort("Key", "Ascend").limit(1).keys()).toEqual(["bytes"]);
    expect(await space.getAll().count()).toBe(3);
    expect(await space.get("nothing")).toBeNull();
    expect(await space.delete().key("text")).toMatchObject({ deleted: "1" });
    expect(await space.delete().all()).toMatchObject({ deleted: "2" });
  });

  it("many at once come back in the order of their revisions", async () => {
    const puts = await Promise.all(Array.from({ length: 200 }, (_, i) => client.put(`many/${i}`).value(String(i))));
    const revisions = puts.map(({ header }) => Number(header.revision));
    expect(new Set(revisions).size).toBe(200);
    const { kvs } = await client.getAll().prefix("many/").exec();
    const byKey = new Map(kvs.map(({ key, mod_revision: modRevision }) => [key.toString(), Number(modRevision)]));
    expect(revisions).toEqual(Array.from({ length: 200 }, (_, i) => byKey.get(`many/${i}`)));
  });

  it("a large value goes through, and one over etcd's bound is refused with its words", async () => {
    const large = Buffer.alloc(2 ** 20, "x");
    await client.put("large").value(large);
    expect((await client.get("large").buffer())?.equals(large)).toBe(true);
    const tooLarge = client.put("large").value(Buffer.alloc(1.6 * 2 ** 20));
    await expect(tooLarge.exec()).rejects.toThrow("etcdserver: request is too large");
  });

  it("of two that make a key, one finds it made", async () => {
    const made = () => client.if("once", "Version", "==", 0).then(client.put("once").value("v")).commit();
    const outcomes = (await Promise.all([made(), made()])).map(({ succeeded }) => succeeded);
    expect(new Set(outcomes)).toEqual(new Set([false, true]));
  });

  it("adds up under contention by software transactional memory", async () => {
    await client.put("sum").value(0);
    const add = () =>
      client.stm({ retries: 50 }).transact(async (tx) => {
        await tx.put("sum").value(Number(await tx.get("sum")) + 1);
      });
    await Promise.all(Array.from({ length: 10 }, add));
    expect(await client.get("sum").number()).toBe(10);
  });

  it("a lease lasts as long as it is renewed, and its keys go with it", async () => {
    const lease = client.lease(5);
    await lease.put("leased/a").value("v");
    const id = await lease.grant();
    await lease.keepaliveOnce();
    const { keys } = await client.leaseClient.leaseTimeToLive({ ID: id, keys: true });
    expect(keys.map(String)).toEqual(["leased/a"]);
    await lease.revoke();
    expect(await client.get("leased/a")).toBeNull();
    const forgotten = await client.lease(2, { autoKeepAlive: false }).grant();
    await client.put("leased/b").lease(forgotten).value("v");
    await eventually("nobody renewed it", 20_000, async () => (await client.get("leased/b")) === null);
  });

  it("locks: one at a time", async () => {
    let inside = 0;
    const most: number[] = [];
    const critical = () =>
      client
        .lock("etcd3/mutex")
        .ttl(10)
        .do(async () => {
          most.push(++inside);
          await client.put("etcd3/held").value(String(inside));
          inside--;
        });
    await critical();
    const held = client.lock("etcd3/mutex").ttl(10);
    await held.acquire();
    await expect(client.lock("etcd3/mutex").ttl(10).acquire()).rejects.toThrow("Failed to acquire a lock");
    await held.release();
    await critical();
    expect(most).toEqual([1, 1]);
  });

  it("elects one, and the next when it resigns", async () => {
    const election = client.election("etcd3/office", 10);
    const first = election.campaign("alice");
    await new Promise((resolve) => first.once("elected", resolve));
    expect(await election.leader()).toBe("alice");
    const second = election.campaign("bob");
    const observer = await election.observe();
    const changes: (string | undefined)[] = [];
    const changed = new Promise<void>((resolve) =>
      observer.on("change", (leader) => {
        changes.push(leader);
        if (leader === "bob") resolve();
      }),
    );
    await first.resign();
    await changed;
    expect(changes.at(-1)).toBe("bob");
    expect(await election.leader()).toBe("bob");
    await observer.cancel();
    await second.resign();
  });

  it("watches a prefix from the past on, in order, and stops when it is told to", async () => {
    const { header } = await client.put("etcd3/watched/0").value("0");
    const watcher = await client.watch().prefix("etcd3/watched/").startRevision(header.revision).withPreviousKV().create();
    const seen: string[] = [];
    watcher.on("put", (kv, before) => seen.push(`${kv.key.toString()}=${kv.value.toString()} was ${before?.value.toString()}`));
    watcher.on("delete", (kv) => seen.push(`${kv.key.toString()} gone`));
    await client.put("etcd3/watched/0").value("1");
    await client.delete().key("etcd3/watched/0");
    await eventually("three events", 10_000, () => Promise.resolve(seen.length >= 3));
    const key = "etcd3/watched/0";
    expect(seen).toEqual([`${key}=0 was undefined`, `${key}=1 was 0`, `${key} gone`]);
    await watcher.cancel();
    await client.put("etcd3/watched/0").value("2");
    expect(seen).toHaveLength(3);
  });

  it("knows the store's refusals for what they are", async () => {
    await expect(client.put("").value("x").exec()).rejects.toThrow("etcdserver: key is not provided");
    const twice = client.if("k", "Version", "==", 0).then(client.put("k").value("v"), client.put("k").value("w"));
    await expect(twice.commit()).rejects.toThrow("etcdserver: duplicate key given in txn request");
  });

  it("lists the members and says how one is", async () => {
    const { members } = await client.cluster.memberList({});
    expect(members.map(({ ID, name }) => [ID, name])).toEqual([
      ["1", "n1"],
      ["2", "n2"],
      ["3", "n3"],
    ]);
    expect(await client.maintenance.status()).toMatchObject({ version: "3.4.0", isLearner: false, errors: [] });
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
