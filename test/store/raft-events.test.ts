// Shows that each event of the machine is told under its documented name, and that the reference page knows every name and level the store uses.
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { describeConfChange, describeEvent } from "../../src/store/raft-events.js";
import type { ConfChange, RaftEvent } from "../../src/store/raft/types.js";

const nameOf = (member: number): string => `n${member}`;
const reference = readFileSync(new URL("../../docs/reference/events.md", import.meta.url), "utf8");
const conf = { voters: [1], votersOutgoing: [], learners: [2], learnersNext: [], autoLeave: false };
const somebody = new Uint8Array([1]);
const nobody = new Uint8Array();

it.each<[RaftEvent, string[]]>([
  [{ event: "role-changed", role: "follower", term: 2 }, ["debug role-changed: now follower"]],
  [
    { event: "role-changed", role: "leader", term: 2 },
    ["debug role-changed: now leader", "info leader-elected: won the election of term 2"],
  ],
  [{ event: "term-changed", term: 3, from: 2 }, ["info term-changed: term 2 -> 3"]],
  [{ event: "leader-changed", leader: 2, term: 3 }, ["info leader-changed: the leader is n2"]],
  [{ event: "leader-changed", leader: 0, term: 3 }, ["info leader-changed: no leader is known"]],
  [{ event: "vote-cast", candidate: 2, term: 3, granted: false, preVote: true }, ["debug vote-cast: refused n2 a pre-vote"]],
  [{ event: "quorum-lost", term: 3 }, ["warn quorum-lost: steps down: no majority answered for an election timeout"]],
  [
    { event: "log-truncated", fromIndex: 4, lastIndex: 6 },
    ["info log-truncated: dropped entries 4 to 6, in whose place the leader has others"],
  ],
  [
    { event: "rolled-back", index: 7, lost: 2 },
    ["error rolled-back: lost 2 writes that had been applied here after entry 7: the leader does not have them"],
  ],
  [{ event: "snapshot-sent", to: 3, index: 9 }, ["info snapshot-sent: sends n3 a snapshot up to entry 9"]],
  [{ event: "snapshot-received", from: 1, index: 9 }, ["info snapshot-installed: took a snapshot up to entry 9 from n1"]],
  [{ event: "conf-changed", conf, index: 5 }, ["debug conf-changed: the configuration changed"]],
])("%j", (event, expected) => {
  const sentences = describeEvent(event, nameOf);
  expect(sentences.map(({ level, event: name, msg }) => `${level} ${name}: ${msg}`)).toEqual(expected);
  for (const { level, event: name } of sentences) expect(reference).toContain(`| \`${name}\` | ${level} |`);
  for (const field of sentences.flatMap(({ fields }) => Object.keys(fields)))
    expect(reference).toMatch(new RegExp(`[\` ]${field}[\` ]`));
});

it.each<[ConfChange, string]>([
  [{ changes: [{ kind: "addLearner", member: 4 }], context: somebody }, "member-added: n4 is now a learner"],
  [{ changes: [{ kind: "addVoter", member: 4 }], context: somebody }, "member-added: n4 is now a voter"],
  [{ changes: [{ kind: "addVoter", member: 4 }], context: nobody }, "member-promoted: n4 is now a voter"],
  [{ changes: [{ kind: "remove", member: 4 }], context: nobody }, "member-removed: member 4 left the cluster"],
])("%j", (change, expected) => {
  expect(describeConfChange(change, nameOf).map(({ event, msg }) => `${event}: ${msg}`)).toEqual([expected]);
});

it("every event named in the store's sources is in the reference", () => {
  const store = new URL("../../src/store/", import.meta.url);
  const files = readdirSync(store, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const names = files.flatMap((file) => {
    const text = readFileSync(new URL(file, store), "utf8");
    return [...text.matchAll(/(?:log|die)\((?:[^"\n]*"[a-z]+", )?"([a-z]+(?:-[a-z]+)+|crashed)"/g)].map(([, name]) => name);
  });
  expect(names.length).toBeGreaterThan(20);
  for (const name of names) expect(reference).toContain(`| \`${name}\` |`);
});
