// Shows that a member tells where clients reach it once it has a leader, again where nobody heard it or it has moved, and then no more.
import { expect, it } from "vitest";
import { decodeCommand } from "../../src/store/entries/commands.js";
import { Publishing } from "../../src/store/publishing.js";
import type { Member } from "../../src/store/replica.js";

it("tells until it is known", async () => {
  const itself: Member = { id: 2, name: "n2", host: "n2", peerPort: 2380 };
  const members = new Map<number, Member>();
  const told: unknown[] = [];
  let hasLeader = false;
  let answer: () => Promise<never> = () => Promise.reject(new Error("the leader went"));
  const publishing = new Publishing({
    self: 2,
    clientUrls: ["http://n2:2379"],
    replica: () => ({ members }),
    hasLeader: () => hasLeader,
    write: (_name, command) => {
      told.push(decodeCommand(command));
      return answer();
    },
  });
  const look = async (): Promise<number> => {
    publishing.look();
    await Promise.resolve();
    await Promise.resolve();
    return told.length;
  };
  expect(await look()).toBe(0);
  members.set(2, itself);
  expect(await look()).toBe(0);
  hasLeader = true;
  expect(await look()).toBe(1);
  expect(told).toEqual([{ type: "publish", member: 2, clientUrls: ["http://n2:2379"] }]);
  answer = () => new Promise(() => undefined);
  expect(await look()).toBe(2);
  // under way
  expect(await look()).toBe(2);
});

it("tells again where it is found elsewhere by now, and nothing where it is not", async () => {
  const counted = (clientUrls: readonly string[]): number => {
    let times = 0;
    const known = { id: 2, name: "n2", host: "n2", peerPort: 2380, clientUrls };
    const publishing = new Publishing({
      self: 2,
      clientUrls: ["http://n2:2379"],
      replica: () => ({ members: new Map([[2, known]]) }),
      hasLeader: () => true,
      write: () => (times++, new Promise(() => undefined)),
    });
    publishing.look();
    return times;
  };
  expect([counted(["https://n2:2379"]), counted(["http://n2:2379"])]).toEqual([1, 0]);
});
