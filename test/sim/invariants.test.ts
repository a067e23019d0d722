// Every invariant can break: a made-up past that violates just it is named by it, and the lawful past next to it passes.
import { describe, expect, test } from "vitest";
import { BrokenInvariant } from "../../src/sim/broken-invariant.js";
import { Invariants } from "../../src/sim/invariants.js";
import { bootstrapSnapshot } from "../../src/store/raft/bootstrap.js";
import type { Effects, Entry, Message, Persist, RaftStatus } from "../../src/store/raft/types.js";

const first = bootstrapSnapshot([1, 2, 3]);
const newDisk = { hardState: { term: 0, vote: 0, commit: 0 }, snapshot: first, entries: [] };

const status = (id: number, overrides: Partial<RaftStatus> = {}): RaftStatus => ({
  id,
  role: "follower",
  term: 1,
  vote: 0,
  leader: 0,
  commit: 1,
  applied: 1,
  lastIndex: 1,
  firstIndex: 2,
  conf: first.meta.conf,
  match: new Map(),
  ...overrides,
});

const entry = (index: number, term: number, byte = 7): Entry => ({ index, term, kind: "normal", data: Uint8Array.of(byte) });

const effects = (persist: Partial<Persist> = {}): Effects => ({
  send: [],
  persist: { persistNumber: 1, hardState: undefined, entries: [], snapshot: undefined, discardLog: false, ...persist },
  sendAfterPersist: [],
  restore: undefined,
  apply: [],
  reads: [],
  proposed: [],
  dropped: [],
  events: [],
});

const vote = (to: number, term: number): Message => ({ type: "voteReply", from: 1, to, term, granted: true });

/** Name of the first invariant that `past` breaks, over three members of a new cluster. */
function broken(past: (members: Invariants) => void): string | undefined {
  const invariants = new Invariants(first.meta, false);
  for (const id of [1, 2, 3]) invariants.started(id, newDisk, status(id));
  try {
    past(invariants);
    return undefined;
  } catch (error) {
    if (error instanceof BrokenInvariant) return error.invariant;
    throw error;
  }
}

const append = (members: Invariants, id: number, entries: Entry[], now: Partial<RaftStatus> = {}): void =>
  members.stepped(id, effects({ entries }), status(id, { term: entries.at(-1)?.term ?? 1, ...now }));

const cases: { name: string; past: (members: Invariants) => void; breaks: string | undefined }[] = [
  {
    name: "two leaders in two terms",
    past: (m) => {
      append(m, 1, [], { role: "leader", term: 2 });
      append(m, 2, [], { role: "leader", term: 3 });
    },
    breaks: undefined,
  },
  {
    name: "two leaders in one term",
    past: (m) => {
      append(m, 1, [], { role: "leader", term: 2 });
      append(m, 2, [], { role: "leader", term: 2 });
    },
    breaks: "one leader per term",
  },
  {
    name: "the same vote twice",
    past: (m) => [vote(2, 2), vote(2, 2), vote(3, 3)].forEach((message) => m.sent(message)),
    breaks: undefined,
  },
  {
    name: "two votes in one term",
    past: (m) => [vote(2, 2), vote(3, 2)].forEach((message) => m.sent(message)),
    breaks: "one vote per term",
  },
  {
    name: "different entries of different terms",
    past: (m) => {
      append(m, 1, [entry(2, 2, 1)]);
      append(m, 2, [entry(2, 3, 2)]);
    },
    breaks: undefined,
  },
  {
    name: "different entries of one term",
    past: (m) => {
      append(m, 1, [entry(2, 2, 1)]);
      append(m, 2, [entry(2, 2, 2)]);
    },
    breaks: "log matching",
  },
  {
    name: "one entry after different ones",
    past: (m) => {
      append(m, 1, [entry(2, 2), entry(3, 4)]);
      append(m, 2, [entry(2, 3), entry(3, 4)]);
    },
    breaks: "log matching",
  },
  {
    name: "a term that falls along the log",
    past: (m) => append(m, 1, [entry(2, 3), entry(3, 2)]),
    breaks: "terms grow along the log",
  },
  { name: "a hole in the log", past: (m) => append(m, 1, [entry(3, 2)]), breaks: "log without holes" },
  {
    name: "an uncommitted entry is overwritten",
    past: (m) => {
      append(m, 1, [entry(2, 2)]);
      append(m, 1, [entry(2, 3)]);
    },
    breaks: undefined,
  },
  {
    name: "a committed entry is overwritten",
    past: (m) => {
      append(m, 1, [entry(2, 2)]);
      m.applied(1, entry(2, 2), 5);
      append(m, 1, [entry(2, 3)]);
    },
    breaks: "committed entries stay",
  },
  {
    name: "a leader without a committed entry",
    past: (m) => {
      append(m, 1, [entry(2, 2)]);
      m.applied(1, entry(2, 2), 5);
      append(m, 2, [], { role: "leader", term: 3 });
    },
    breaks: "leader completeness",
  },
  {
    name: "a committed entry is overwritten where nobody has heard of the term that committed it",
    past: (m) => {
      append(m, 1, [entry(2, 2)], { term: 4 });
      append(m, 2, [entry(2, 2)]);
      m.applied(1, entry(2, 2), 5);
      append(m, 2, [entry(2, 3)]);
    },
    breaks: undefined,
  },
  {
    name: "a leader of a term that is over, without what a later one committed",
    past: (m) => {
      append(m, 1, [entry(2, 2)], { role: "leader", term: 4 });
      m.applied(1, entry(2, 2), 5);
      append(m, 2, [], { role: "leader", term: 3 });
    },
    breaks: undefined,
  },
  {
    name: "an entry commits that a later leader lacks",
    past: (m) => {
      append(m, 2, [], { role: "leader", term: 3 });
      append(m, 1, [entry(2, 2)]);
      m.applied(1, entry(2, 2), 5);
    },
    breaks: "leader completeness",
  },
  {
    name: "different entries applied at one index",
    past: (m) => {
      m.applied(1, entry(2, 2), 5);
      m.applied(2, entry(2, 3), 5);
    },
    breaks: "state machine safety",
  },
  {
    name: "different states at one index",
    past: (m) => {
      m.applied(1, entry(2, 2), 5);
      m.applied(2, entry(2, 2), 6);
    },
    breaks: "state machine safety",
  },
  {
    name: "an entry applied twice",
    past: (m) => {
      m.applied(1, entry(2, 2), 5);
      m.applied(1, entry(2, 2), 5);
    },
    breaks: "applied in order",
  },
  {
    name: "a snapshot of what was never committed",
    past: (m) => m.restored(1, { index: 9, term: 2, conf: first.meta.conf }, 5),
    breaks: "state machine safety",
  },
  {
    name: "a term that goes back",
    past: (m) => {
      append(m, 1, [], { term: 3 });
      append(m, 1, [], { term: 2 });
    },
    breaks: "term is monotonic",
  },
  {
    name: "a term that goes back over a restart",
    past: (m) => m.started(1, { ...newDisk, hardState: { term: 3, vote: 0, commit: 1 } }, status(1, { term: 2 })),
    breaks: "term is monotonic",
  },
  {
    name: "a commit index that goes back",
    past: (m) => {
      append(m, 1, [entry(2, 2)], { commit: 2 });
      append(m, 1, [], { term: 2, commit: 1 });
    },
    breaks: "commit is monotonic",
  },
  {
    name: "a commit index that goes back over a restart",
    past: (m) =>
      m.started(1, { ...newDisk, hardState: { term: 1, vote: 0, commit: 2 }, entries: [entry(2, 1)] }, status(1, { commit: 1 })),
    breaks: "commit is monotonic",
  },
  { name: "a commit index beyond the log", past: (m) => append(m, 1, [], { commit: 2 }), breaks: "commit is in the log" },
];

describe("a past and what it breaks", () => {
  test.each(cases)("$name: $breaks", ({ past, breaks }) => {
    expect(broken(past)).toBe(breaks);
  });
});
