/** What programs do with a cluster of three by npm etcd3: keys, transactions, STM, leases, locks, elections, watches, users and roles. */
import type { IKeyValue, ISTMOptions, Watcher } from "etcd3";
import type { Scene } from "./etcd3-story.js";

/** Its constants are no more once it is compiled. */
const isolations = { serializableSnapshot: 0, serializable: 1, repeatableReads: 2, readCommitted: 3 } as const satisfies Record<
  string,
  ISTMOptions["isolation"]
>;

/** In the order in which they are played, beginning with a new cluster: so each revision is known. */
export const scenes: readonly Scene[] = [
  {
    title: "keys and values",
    play: async ({ client, base, hear }) => {
      const space = client.namespace("etcd3/");
      await hear("put a text", space.put("text").value("grün").exec());
      await hear(
        "put bytes",
        space
          .put("bytes")
          .value(Buffer.from([0, 255, 128]))
          .exec(),
      );
      await hear(
        "put JSON",
        space
          .put("json")
          .value(JSON.stringify({ a: 1 }))
          .exec(),
      );
      await hear(
        "put and get what was there",
        space
          .put("json")
          .value(JSON.stringify({ a: 2 }))
          .getPrevious(),
      );
      await hear("touch", space.put("json").touch());
      await hear("get a text", space.get("text").string());
      await hear("get bytes", space.get("bytes").buffer());
      await hear("get JSON", space.get("json").json());
      await hear("get nothing", space.get("nothing").string());
      await hear("get all of a response", space.get("json").exec());
      await hear("does it exist", Promise.all([space.get("json").exists(), space.get("nothing").exists()]));
      await hear("all keys", space.getAll().keys());
      await hear("all texts", space.getAll().strings());
      await hear("the last", space.getAll().sort("Key", "Descend").limit(1).keys());
      await hear("by version", space.getAll().sort("Version", "Descend").limit(1).keys());
      await hear("how many", space.getAll().count());
      await hear("a range", client.getAll().inRange({ start: "etcd3/b", end: "etcd3/k" }).keys());
      await hear("without bounds", client.getAll().all().serializable(true).count());
      await hear(
        "by revisions",
        space
          .getAll()
          .minModRevision(base + 3)
          .maxModRevision(base + 3)
          .keys(),
      );
      await hear(
        "in the past",
        space
          .get("json")
          .revision(base + 4)
          .json(),
      );
      await hear("delete one", space.delete().key("text").getPrevious());
      await hear(
        "delete a range",
        space
          .delete()
          .range(client.range({ start: "b", end: "c" }))
          .exec(),
      );
      await hear("delete the rest", space.delete().all().exec());
    },
  },
  {
    title: "many at once",
    play: async ({ client, base, tell }) => {
      const puts = await Promise.all(Array.from({ length: 200 }, (_, i) => client.put(`many/${i}`).value(String(i))));
      const revisions = puts.map(({ header }) => Number(header.revision));
      tell("revisions", [Math.min(...revisions) - base, Math.max(...revisions) - base, new Set(revisions).size]);
      const { kvs } = await client.getAll().prefix("many/").exec();
      const byKey = new Map(kvs.map(({ key, mod_revision: modRevision }) => [key.toString(), Number(modRevision)]));
      tell(
        "each put was told the revision of its key",
        revisions.every((revision, i) => byKey.get(`many/${i}`) === revision),
      );
    },
  },
  {
    title: "transactions and STM",
    play: async ({ client, tell, hear, everywhere }) => {
      const make = () =>
        client.if("once", "Version", "==", 0).then(client.put("once").value("v")).else(client.get("once")).commit();
      await hear("make it", make());
      await hear("make it again", make());
      await hear(
        "several comparisons",
        client
          .if("once", "Value", "==", "v")
          .and("once", "Create", ">", 0)
          .and("once", "Mod", "<", 99_999)
          .and("once", "Lease", "==", 0)
          .then(client.put("once").value("w"), client.delete().key("many/0"), client.get("once"))
          .commit(),
      );
      const made = () => client.if("race", "Create", "==", 0).then(client.put("race").value("v")).commit();
      tell("of two at once, one makes it", (await Promise.all([made(), made()])).filter(({ succeeded }) => succeeded).length);
      await hear(
        "one key twice",
        client.if("k", "Version", "==", 0).then(client.put("k").value("v"), client.put("k").value("w")).commit(),
      );

      await client.put("sum").value(0);
      const add = (isolation: ISTMOptions["isolation"]) =>
        client.stm({ retries: 100, isolation, prefetch: ["sum"] }).transact(async (tx) => {
          await tx.put("sum").value(Number(await tx.get("sum")) + 1);
        });
      await Promise.all(Array.from({ length: 10 }, () => add(isolations.serializableSnapshot)));
      tell("the sum of ten at once", await client.get("sum").number());
      for (const isolation of [isolations.serializable, isolations.repeatableReads, isolations.readCommitted]) {
        // the last of them believes the copy of whichever member it asks
        await everywhere();
        await add(isolation);
      }
      tell("and of three more", await client.get("sum").number());
      const conflicting = client.stm({ retries: 0 }).transact(async (tx) => {
        const seen = await tx.get("sum").number();
        await client.put("sum").value(0);
        await tx.put("sum").value(Number(seen) + 1);
      });
      await hear("a conflict", conflicting);
      await hear("the sum", client.get("sum").exec());
    },
  },
  {
    title: "leases",
    play: async ({ client, tell, hear, until }) => {
      const lease = client.lease(5);
      await hear("put", lease.put("leased/a").value("v").exec());
      const id = await lease.grant();
      await hear(
        "renew",
        lease.keepaliveOnce().then(({ TTL }) => TTL),
      );
      await hear(
        "its keys",
        client.leaseClient.leaseTimeToLive({ ID: id, keys: true }).then(({ keys, grantedTTL }) => [keys, grantedTTL]),
      );
      await hear(
        "all leases",
        client.leaseClient.leaseLeases().then(({ leases }) => leases.length > 0),
      );
      await hear("end it", lease.revoke());
      await hear("its key", client.get("leased/a").string());
      await hear(
        "renew what is gone",
        client
          .lease(5, { autoKeepAlive: false })
          .keepaliveOnce()
          .then(({ TTL }) => TTL),
      );
      const forgotten = await client.lease(2, { autoKeepAlive: false }).grant();
      await client.put("leased/b").lease(forgotten).value("v");
      await until("nobody renewed it", async () => (await client.get("leased/b")) === null);
      await hear("put on what is gone", client.put("leased/b").lease(forgotten).value("v").exec());
      const lost = client.lease(60);
      const told = new Promise<Error>((resolve) => lost.on("lost", resolve));
      await client.leaseClient.leaseRevoke({ ID: await lost.grant() });
      await hear("lost", lost.keepaliveOnce());
      tell("its owner is told", (await told).constructor.name);
    },
  },
  {
    title: "locks",
    play: async ({ client, tell, hear }) => {
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
      await hear("a second", client.lock("etcd3/mutex").ttl(10).acquire());
      await held.release();
      await critical();
      tell("at once inside", most);
      await hear("what is left of it", client.get("etcd3/mutex").exec());
    },
  },
  {
    title: "elections",
    play: async ({ client, tell, until }) => {
      const election = client.election("etcd3/office", 10);
      const alice = election.campaign("alice");
      await alice.wait();
      tell("leader", await election.leader());
      const bob = election.campaign("bob");
      await until("bob stands", async () => (await client.getAll().prefix("election/etcd3/office").count()) === 2);
      const observer = await election.observe();
      const changes: (string | undefined)[] = [];
      observer.on("change", (leader) => changes.push(leader));
      tell("observed", observer.leader());
      await alice.proclaim("alice again");
      await until("it is proclaimed", () => changes.includes("alice again"));
      await alice.resign();
      await until("bob is elected", () => changes.includes("bob"));
      tell("leader", await election.leader());
      await bob.resign();
      await until("nobody is", () => changes.at(-1) === undefined);
      tell(
        "changes",
        changes.map((leader) => leader ?? "nobody"),
      );
      await observer.cancel();
      tell("leader", (await election.leader()) ?? "nobody");
    },
  },
  {
    title: "watches",
    play: async ({ client, tell, hear, until }) => {
      const { header } = await client.put("etcd3/watched/0").value("0");
      const from = () => client.watch().prefix("etcd3/watched/").startRevision(header.revision);
      const one = client.watch().key("etcd3/watched/1");
      const range = client.watch().inRange({ start: "etcd3/watched/1", end: "etcd3/watched/3" });
      const watchers: Watcher[] = [];
      const logs: string[][] = [];
      for (const asked of [from().withPreviousKV(), from().only("delete"), one, range]) {
        const watcher = await asked.create();
        // at once: what was before it is told in the next message
        logs.push(logOf(watcher));
        watchers.push(watcher);
      }
      await client.put("etcd3/watched/0").value("1");
      await client.put("etcd3/watched/1").value("1");
      await client.put("etcd3/watched/2").value("1");
      await client.delete().prefix("etcd3/watched/");
      await client.put("etcd3/watched/2").value("end");
      await until(
        "all of it is told",
        () => logs[0]?.at(-1)?.includes("=end") === true && logs[3]?.at(-1)?.includes("=end") === true,
      );
      await until("the deletions are told", () => logs[1]?.length === 3 && logs[2]?.length === 2);
      for (const [at, what] of ["all", "deletions", "one", "range"].entries()) tell(what, logs[at]);
      for (const watcher of watchers) await watcher.cancel();
      await client.put("etcd3/watched/0").value("2");
      tell(
        "after they were cancelled",
        logs.map(({ length }) => length),
      );
      const { header: last } = await client.put("etcd3/watched/0").value("3");
      await hear("compact", client.kv.compact({ revision: last.revision, physical: true }));
      await hear("from a revision that is compacted", client.get("etcd3/watched/0").revision(2).string());
    },
  },
  {
    title: "users and roles",
    play: async (story) => {
      const { client, tell, hear } = story;
      const role = client.role("reader");
      await hear(
        "create a role",
        role.create().then(({ name }) => name),
      );
      await hear("create it again", role.create());
      await hear(
        "grant",
        role
          .grant([
            { permission: "Read", range: client.range({ prefix: "app/" }) },
            { permission: "Readwrite", key: "own" },
          ])
          .then(({ name }) => name),
      );
      await hear("its permissions", role.permissions());
      await hear("revoke what it lacks", role.revoke({ permission: "Read", key: "other" }));
      const root = client.user("root");
      await root.create("secret");
      await client.role("root").create();
      await root.addRole("root");
      const ada = client.user("ada");
      await hear(
        "create a user",
        ada.create("word").then(({ name }) => name),
      );
      await hear("create him again", ada.create("word"));
      await hear(
        "give him a role",
        ada.addRole(role).then(({ name }) => name),
      );
      await hear("give him one that is not", ada.addRole("nothing"));
      await hear(
        "his roles",
        ada.roles().then((roles) => roles.map(({ name }) => name)),
      );
      await hear(
        "users",
        client.getUsers().then((users) => users.map(({ name }) => name)),
      );
      await hear(
        "roles",
        client.getRoles().then((roles) => roles.map(({ name }) => name)),
      );
      await client.put("app/key").value("value");
      await client.auth.authEnable();
      const asAda = story.another({ auth: { username: "ada", password: "word" } });
      const adaReads = (password: string) =>
        story
          .another({ auth: { username: "ada", password } })
          .get("app/key")
          .string();
      const asRoot = story.another({ auth: { username: "root", password: "secret" } });
      try {
        await hear("nobody reads", client.get("app/key").string());
        await hear("ada reads", asAda.get("app/key").string());
        await hear("ada writes what is her own", asAda.put("own").value("1").exec());
        await hear("ada writes what is not", asAda.put("app/key").value("other").exec());
        await hear("ada lists users", asAda.getUsers());
        await hear("a wrong password", adaReads("wrong"));
        await hear(
          "root sets her password",
          asRoot
            .user("ada")
            .setPassword("new")
            .then(({ name }) => name),
        );
        await hear("with the old one", adaReads("word"));
        await hear("with the new one", adaReads("new"));
        await hear(
          "root takes her role",
          asRoot
            .role("reader")
            .removeUser("ada")
            .then(({ name }) => name),
        );
        await hear("without it", adaReads("new"));
      } finally {
        await asRoot.auth.authDisable();
      }
      tell("after that", await client.get("app/key").string());
      for (const user of await client.getUsers()) await user.delete();
      for (const each of await client.getRoles()) await each.delete();
      await hear("delete who is not", ada.delete());
      await hear("delete what is not", role.delete());
    },
  },
  {
    title: "refusals",
    play: async ({ client, tell, hear }) => {
      await hear("no key", client.put("").value("x").exec());
      await hear(
        "too large",
        client
          .put("large")
          .value(Buffer.alloc(1.6 * 2 ** 20))
          .exec(),
      );
      const large = Buffer.alloc(2 ** 20, "x");
      await client.put("large").value(large);
      tell("large", (await client.get("large").buffer())?.equals(large));
      await hear("the future", client.get("large").revision(99_999).string());
      await hear("compact the future", client.kv.compact({ revision: "99999" }));
      await hear("no lease", client.put("k").lease("7").value("v").exec());
      await hear(
        "members",
        client.cluster
          .memberList({})
          .then(({ members }) =>
            members
              .map(({ name, peerURLs, clientURLs }) => ({ name, peerURLs, clientURLs }))
              .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
          ),
      );
      await hear(
        "status",
        client.maintenance.status().then(({ isLearner, errors }) => ({ isLearner, errors })),
      );
      await hear(
        "alarms",
        client.maintenance.alarm({ action: "Get" }).then(({ alarms }) => alarms),
      );
    },
  },
];

function logOf(watcher: Watcher): string[] {
  const log: string[] = [];
  // etcd3 says null, other than its types
  const was = (before: IKeyValue | null | undefined): string => (before ? ` was ${before.value.toString()}` : "");
  watcher.on("put", (kv, before) => log.push(`${kv.key.toString()}=${kv.value.toString()}${was(before)}`));
  watcher.on("delete", (kv, before) => log.push(`${kv.key.toString()} gone${was(before)}`));
  return log;
}
