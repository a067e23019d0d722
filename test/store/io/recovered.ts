import type { Wal } from "../../../src/store/io/wal.js";
import type { ConfState, Recovered } from "../../../src/store/raft/types.js";
import { savedSnapshot } from "./snapshot-files.js";

/** One voter, itself. */
export const conf: ConfState = { voters: [1], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };

/** What a log starts from that holds one snapshot and no entry. */
const start: Recovered = {
  hardState: { term: 1, vote: 0, commit: 1 },
  snapshot: { meta: { index: 1, term: 1, conf }, data: Buffer.from("state") },
  entries: [],
};

/** The log in `dir`, which was empty, now begins with {@link start}. */
export async function bootstrap(wal: Wal, dir: string): Promise<void> {
  await savedSnapshot(dir, start.snapshot.meta, Buffer.from("state"));
  await wal.bootstrap(start);
}
