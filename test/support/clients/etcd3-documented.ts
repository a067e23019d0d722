/**
 * Every example in npm etcd3 1.1.2's own documents, one by one: its readme, and the comments that its reference is made of. What is not
 * here reaches no store or needs another one:
 * - `Etcd3.mock` puts a function in the store's place.
 * - `IOptions.credentials` is about TLS: etcd-tls.test.ts.
 */
import { createRequire } from "node:module";
import { isRecoverableError } from "etcd3";
import type { IOptions } from "etcd3";
import type { Scene } from "./etcd3-story.js";

type FaultHandling = NonNullable<IOptions["faultHandling"]>;

/** What etcd3 itself has of npm cockatiel, which is no package of ours: its version 3, where policies are functions (the examples are of version 1). */
interface Cockatiel {
  readonly noop: NonNullable<FaultHandling["global"]>;
  readonly handleWhen: (isSo: (error: Error) => boolean) => object;
  readonly retry: (policy: object, options: { readonly maxAttempts: number }) => NonNullable<FaultHandling["global"]>;
  readonly circuitBreaker: (
    policy: object,
    options: { readonly halfOpenAfter: number; readonly breaker: object },
  ) => ReturnType<NonNullable<FaultHandling["host"]>>;
  readonly ConsecutiveBreaker: new (failures: number) => object;
  readonly ExponentialBackoff: new () => NonNullable<FaultHandling["watchBackoff"]>;
}

const { noop, handleWhen, retry, circuitBreaker, ConsecutiveBreaker, ExponentialBackoff } = createRequire(
  createRequire(import.meta.url).resolve("etcd3"),
)("cockatiel") as Cockatiel;

export const documented: readonly Scene[] = [
  {
    title: "readme, Quickstart, and Etcd3",
    play: async ({ client, tell }) => {
      await client.put("foo").value("bar");
      tell("foo was", await client.get("foo").string());
      tell('all our keys starting with "f"', await client.getAll().prefix("f").keys());
      tell('all keys starting with "f"', await client.getAll().prefix("f").strings());
      await client.delete().all();
      tell("all keys", await client.getAll().keys());
    },
  },
  {
    title: "ComparatorBuilder",
    play: async ({ client, tell }) => {
      const id = "5a3c2f6e";
      const lock = () =>
        client
          .if("my_lock", "Create", "==", 0)
          .then(client.put("my_lock").value(id))
          .else(client.get("my_lock"))
          .commit()
          .then((result) => (result.succeeded ? "lock acquired" : "already locked"));
      const unlock = () => client.if("my_lock", "Value", "==", id).then(client.delete().key("my_lock")).commit();
      tell("lock", [await lock(), await lock()]);
      tell("unlock", (await unlock()).succeeded);
      tell("lock", await lock());
      await unlock();
    },
  },
  {
    title: "Election",
    play: async ({ client, tell, until }) => {
      const election = client.election("singleton-job");
      const campaign = election.campaign("this host");
      const elected = new Promise<void>((resolve, reject) => {
        campaign.on("elected", resolve);
        campaign.on("error", reject);
      });
      await elected;
      const observer = await election.observe();
      tell("The current leader is", observer.leader());
      const changes: unknown[] = [];
      observer.on("change", (leader) => changes.push(leader ?? "nobody"));
      await campaign.resign();
      await until("nobody leads", () => changes.length > 0);
      tell("The new leader is", changes);
      await observer.cancel();
    },
  },
  {
    title: "Lease",
    play: async ({ client, tell }) => {
      const hostPrefix = "available-hosts/";
      const lease = client.lease(10); // set a TTL of 10 seconds
      lease.on("lost", (error) => tell("We lost our lease as a result of this error", error.message));
      await lease.put(`${hostPrefix}this host`).value("");
      const available = async () => (await client.getAll().prefix(hostPrefix).keys()).map((key) => key.slice(hostPrefix.length));
      tell("available", await available());
      await lease.revoke();
      tell("after it is revoked", await available());
    },
  },
  {
    title: "Lock",
    play: async ({ client, tell }) => {
      const done = await client.lock("my_resource").do(() => Promise.resolve("an atomic action"));
      tell("did", done);
      tell("the lock is released", await client.getAll().prefix("my_resource").count());
    },
  },
  {
    title: "Namespace",
    play: async ({ client, tell }) => {
      const ns = client.namespace("user1/");
      await client.put("user2/foo").value("another's");
      await ns.put("foo").value("bar"); // sets the key `user1/foo` to `bar`
      tell("keys", await client.getAll().keys());
      await ns.delete().all(); // deletes all keys with the prefix `user1/`
      tell("keys", await client.getAll().keys());
      await client.delete().all();
    },
  },
  {
    title: "SoftwareTransaction",
    play: async (story) => {
      const { client, hear } = story;
      const amount = 42;
      // in one transaction: etcd3 takes accounts that were written one after the other for a conflict, on any store
      const begin = client.if("bank/account1", "Create", "==", 0);
      await begin.then(client.put("bank/account1").value(50), client.put("bank/account2").value(0)).commit();
      const transfer = () =>
        client.stm().transact(async (tx) => {
          const [balance1, balance2] = await Promise.all([tx.get("bank/account1").number(), tx.get("bank/account2").number()]);
          if (Number(balance1) < amount) throw new Error("You do not have enough money to transfer!");
          await Promise.all([
            tx.put("bank/account1").value(Number(balance1) - amount),
            tx.put("bank/account2").value(Number(balance2) + amount),
          ]);
        });
      await transfer();
      await hear("accounts", client.getAll().prefix("bank/").strings());
      await hear("again", transfer());
      await hear("accounts", client.getAll().prefix("bank/").strings());
      await client.delete().all();
    },
  },
  {
    title: "WatchBuilder",
    play: async ({ client, tell, until }) => {
      const told: string[] = [];
      const watcher = await client.watch().key("foo").create();
      watcher
        .on("disconnected", () => told.push("disconnected..."))
        .on("connected", () => told.push("successfully reconnected!"))
        .on("put", (res) => told.push(`foo got set to: ${res.value.toString()}`));
      await client.put("foo").value("bar");
      await until("it is told", () => told.length > 0);
      tell("told", told);
      await watcher.cancel();
      await client.delete().all();
    },
  },
  {
    title: "IOptions.grpcOptions, defaultCallOptions and faultHandling",
    play: async (story) => {
      const faultHandling = {
        host: () => circuitBreaker(handleWhen(isRecoverableError), { halfOpenAfter: 5000, breaker: new ConsecutiveBreaker(3) }),
        global: retry(handleWhen(isRecoverableError), { maxAttempts: 3 }),
        watchBackoff: new ExponentialBackoff(),
      };
      const options: Readonly<Record<string, Partial<IOptions>>> = {
        grpcOptions: { grpcOptions: { "grpc.http2.max_ping_strikes": 3 } },
        defaultCallOptions: {
          defaultCallOptions: (context) => (context.isStream ? {} : { deadline: Date.now() + 10_000 }),
        },
        faultHandling: { faultHandling },
        "without faultHandling": { faultHandling: { host: () => noop, global: noop } },
      };
      for (const [name, option] of Object.entries(options)) {
        const etcd = story.another(option);
        await etcd.put("foo").value(name);
        await story.hear(
          name,
          etcd
            .get("foo")
            .options({ deadline: Date.now() + 5000 })
            .string(),
        );
      }
      const late = story.client.get("foo").options({ deadline: Date.now() - 1 });
      // its text says after how many milliseconds
      story.tell("a deadline that is over", await late.string().catch((error: Error) => error.constructor.name));
      await story.client.delete().all();
    },
  },
];
