import type { ConfState, Recovered } from "../../../src/store/raft/types.js";

/** One voter, itself. */
export const conf: ConfState = { voters: [1], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };

/** What a log starts from that holds one snapshot and no entry. */
export const start: Recovered = {
  hardState: { term: 1, vote: 0, commit: 1 },
  snapshot: { meta: { index: 1, term: 1, conf }, data: Buffer.from("state") },
  entries: [],
};
