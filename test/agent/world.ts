import { expect } from "vitest";
import { Agent } from "../../src/agent/agent.js";
import type { Clock } from "../../src/agent/clock.js";
import { createLedgerStore } from "../../src/agent/ledger-store.js";
import { createFindListeners } from "../../src/agent/listening.js";
import { createLookInside } from "../../src/agent/look-inside.js";
import { createReconciler } from "../../src/agent/reconciler.js";
import type { Fault } from "../../src/chaos/fault.js";
import { type Ledger, emptyLedger, lostLedger } from "../../src/chaos/ledger.js";
import type { HealTarget, Operation, Reply } from "../../src/chaos/protocol.js";
import type { Measurement } from "../../src/chaos/proof.js";
import { FakeClock } from "./fake-clock.js";
import { FakeCluster } from "./fake-cluster.js";
import { names } from "./faults.js";

/** One cluster, one disk, and as many agents one after the other as a test wants to kill. */
export class World {
  readonly clock = new FakeClock();
  readonly cluster = new FakeCluster(names);
  readonly records: { readonly event: string; readonly [field: string]: unknown }[] = [];
  disk: Ledger = emptyLedger;
  diskFull = false;
  /** Where set, writing waits for it. */
  diskSlow: Promise<void> | undefined;
  ledgerDamaged = false;
  /** What probes feel. */
  measure: () => Promise<readonly Measurement[]> = async () => [];
  #agent: Agent | undefined;
  #life = { isOver: true };

  async startAgent(): Promise<void> {
    const { cluster } = this;
    const life = { isOver: false };
    this.#life = life;
    const clock: Clock = {
      nowMs: () => this.clock.nowMs(),
      monotonicMs: () => this.clock.monotonicMs(),
      after: (delayMs, act) => this.clock.after(delayMs, () => void (life.isOver || act())),
    };
    const file = {
      load: async () => ({ ledger: this.disk, problem: undefined }),
      save: async (ledger: Ledger) => {
        await this.diskSlow;
        // a dead agent writes nothing
        if (life.isOver) return new Promise<void>(() => undefined);
        if (this.diskFull) throw new Error("ENOSPC");
        this.disk = ledger;
      },
    };
    const kernel = {
      cut: async () => cluster.cutTool,
      netem: async () => cluster.netem,
      ipv6: async () => true,
      examine: async () => {
        throw new Error("nobody asks in these tests");
      },
    };
    const ledger = this.ledgerDamaged ? lostLedger : this.disk;
    const store = createLedgerStore({
      loaded: ledger,
      file,
      clock,
      onUnsaved: () => this.records.push({ event: "ledger-unsaved" }),
      onSavedAgain: () => this.records.push({ event: "ledger-saved" }),
    });
    const reconciler = createReconciler({
      engine: cluster.engine,
      openNamespace: cluster.openNamespace,
      groups: cluster.groups,
      kernel,
      store,
      clock,
    });
    const log = (_: string, event: string, msg: string, fields = {}): number => this.records.push({ event, msg, ...fields });
    const onEngineLost = (): number => this.records.push({ event: "agent-ended" });
    const { engine } = cluster;
    const measure = () => this.measure();
    this.#agent = new Agent({
      measure,
      lookInside: createLookInside({ engine, openNamespace: cluster.openNamespace, groups: cluster.groups }),
      findListeners: createFindListeners(engine, async () => ""),
      cluster: "demo",
      engine,
      kernel,
      store,
      reconciler,
      clock,
      log,
      onEngineLost,
    });
    await this.#agent.start();
  }

  /** What it has asked of the engine still happens; nothing wakes it any more, and nothing of it reaches the disk. */
  killAgent(): void {
    this.#agent?.stop();
    this.#life.isOver = true;
    this.#agent = undefined;
  }

  ask(operation: Operation): Promise<Reply> {
    if (this.#agent === undefined) throw new Error("no agent runs");
    return this.#agent.handle({ id: "r1", ...operation });
  }

  apply(fault: Fault, durationMs: number | null = null): Promise<Reply> {
    return this.ask({ op: "apply", fault, durationMs, seed: null, verify: false });
  }

  heal(what: HealTarget): Promise<Reply> {
    return this.ask({ op: "heal", what });
  }

  look(): readonly string[] {
    return names.map((name) => this.cluster.look(name));
  }

  events(): readonly string[] {
    return this.records.map(({ event }) => event).filter((event) => event !== "rules-applied");
  }
}

/** For what has to be so before the agent starts. */
export function worldWithoutAgent(): World {
  return new World();
}

export async function world(): Promise<World> {
  const made = new World();
  await made.startAgent();
  return made;
}

export const clean = ["clean", "clean", "clean"];

/** A reply that says no, with this code. */
export const error = (code: string) => expect.objectContaining({ ok: false, error: expect.objectContaining({ code }) });

/** Something slow, and the word that ends it. */
export function gate(): { readonly shut: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const shut = new Promise<void>((resolve) => (open = resolve));
  return { shut, open };
}
