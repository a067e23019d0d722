// Shows that members find each other by name, and that a connection on which somebody speaks nonsense is closed before the machine hears of it.
import { connect } from "node:net";
import { afterEach, expect, it } from "vitest";
import { Causality } from "../../../src/store/causality.js";
import { TroubledClock } from "../../../src/store/clock.js";
import { type Packet, FrameReader, FrameWriter } from "../../../src/store/io/frames.js";
import { realTime } from "../../../src/store/io/real-time.js";
import { addressOf } from "../../../src/store/leaderless-node/address.js";
import { Peers } from "../../../src/store/leaderless-node/peers.js";
import { foundRing } from "../../../src/store/leaderless/gossip/membership.js";
import type { CodedMessage } from "../../../src/store/leaderless/message-codec.js";
import type { Message } from "../../../src/store/leaderless/messages.js";
import { messageBytes } from "../leaderless/message-bytes.js";
import { freePorts } from "../../support/ports.js";
import { until } from "../cluster.js";

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const each of cleanUp.splice(0)) each();
});

async function members(count: number) {
  const ports = await freePorts(count);
  const known = ports.map((peerPort, i) => ({ id: i + 1, name: `n${i + 1}`, host: "127.0.0.1", peerPort }));
  const ring = foundRing(Object.fromEntries(known.map((member) => [member.name, addressOf(member)])), 8);
  return Promise.all(
    known.map(async ({ id, name, peerPort }) => {
      const received: Message[] = [];
      const unreachable: string[] = [];
      const said: string[] = [];
      const clock = new TroubledClock(realTime);
      const peers = new Peers({
        cluster: "test",
        self: id,
        name,
        known: [],
        clock,
        causality: new Causality(name, clock.wallMs),
        log: (_level, event) => said.push(event),
        onMessage: (message) => received.push(message),
        onUnreachable: (member) => unreachable.push(member),
      });
      await peers.listen("127.0.0.1", peerPort);
      peers.follow({ ring, types: {}, buckets: {} });
      cleanUp.push(() => peers.close());
      return { peers, received, unreachable, said, peerPort };
    }),
  );
}

const held: Message = { type: "held", from: "n1", to: "n2", request: 7, missing: [] };
const pong: CodedMessage = { type: "writeReply", from: "n1", to: "n2", request: 7, result: "taken" };

it("brings messages to whom they are for, and says who cannot be reached", async () => {
  const [one, two, three] = await members(3);
  const arrived = await until(
    () => {
      one?.peers.send([pong]);
      return two?.received ?? [];
    },
    ({ length }) => length > 0,
  );
  expect(arrived[0]).toEqual(pong);
  expect(three?.received).toEqual([]);
  two?.peers.close();
  await until(
    () => {
      one?.peers.send([pong]);
      return one?.unreachable ?? [];
    },
    (list) => list.includes("n2"),
  );
  expect(one?.unreachable).toContain("n2");
});

it.each([
  [["leaderless", { ...held, from: "n3" }]],
  [["leaderless", { ...held, request: -1 }]],
  [["leaderless", pong]],
  [["leaderless", undefined]],
  [["bytes", "nothing"]],
  [Buffer.from([0])],
  [messageBytes(pong).subarray(0, -1)],
] as const)("closes the connection of who says %j", async (nonsense) => {
  const [, two] = await members(2);
  const socket = connect(two?.peerPort as number, "127.0.0.1");
  cleanUp.push(() => socket.destroy());
  const [writer, reader] = [new FrameWriter(), new FrameReader()];
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  const welcomed = new Promise<void>((resolve) =>
    socket.on("data", (chunk) => reader.read(chunk, ([kind]) => kind === "welcome" && resolve())),
  );
  socket.write(writer.encode([["hello", { cluster: "test", from: 1, to: 2 }]]));
  await welcomed;
  const clock = { ms: 0, counter: 0, vector: {} };
  socket.write(nonsense instanceof Buffer ? writer.encodeBytes(nonsense, clock) : writer.encode([["beat"], nonsense as Packet]));
  await closed;
  expect(two?.said).toContain("peer-refused");
  expect(two?.received).toEqual([]);
});
