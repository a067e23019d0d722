// Shows on an engine of the test's own that following a log survives its restart, with containers that live on and with containers that do not.
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { counting } from "../support/counting.js";
import { LogReader } from "../support/log-reader.js";
import { OwnEngine, whyNoOwnEngine } from "../support/own-engine.js";
import { Talkers } from "../support/talkers.js";

let engine: OwnEngine | undefined;
let reader: LogReader | undefined;
afterEach(async () => {
  reader?.kill();
  await engine?.destroy();
});

const reason = whyNoOwnEngine();
const numberOf = ({ fields }: LogRecord): number => Number(fields["n"]);

describe.skipIf(reason !== undefined)(
  `following over a restart of the engine${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    test.each([
      ["containers live on", ["--live-restore"], []],
      ["containers end with it and are started by it", [], ["--restart", "always"]],
    ])("must hold 3: %s: what its log holds, once and in order", async (_how, flags, ofNodes) => {
      const own = (engine = await OwnEngine.start(...flags));
      const talkers = await Talkers.create("reborn", own.host);
      for (const node of ["n1", "n2"]) await talkers.startWith(ofNodes, node, counting);
      const followed = (reader = new LogReader(talkers.cluster, ["-f"], own.host));
      const isLater = async (): Promise<void> => {
        for (const node of ["n1", "n2"]) {
          const last = Math.max(0, ...followed.of(node).map(numberOf));
          await followed.until(`more of ${node}`, 30_000, (record) => record.node === node && numberOf(record) > last + 100);
        }
      };
      await isLater();
      await own.restart();
      await isLater();
      for (const node of ["n1", "n2"]) await talkers.docker("stop", "-t", "5", talkers.container(node));
      await sleep(1000);
      for (const node of ["n1", "n2"]) {
        const said = followed.of(node);
        const inLog = (await talkers.docker("logs", talkers.container(node)))
          .split("\n")
          .map((line) => (JSON.parse(line) as { readonly n: number }).n);
        // an engine may lose a line itself where it ends while it writes one
        expect(inLog.length).toBeGreaterThan(200);
        expect(said.map(numberOf)).toEqual(inLog);
        expect(said.map(({ seq }) => seq)).toEqual(inLog.map((_, i) => i + 1));
        expect(said.filter(({ flags: marks }) => marks?.includes("gap"))).toEqual([]);
      }
    });
  },
);
