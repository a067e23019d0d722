// Shows that a TLS handshake that is begun and not ended costs a node its time limit and no more. The limit is short here: Node keeps it by itself.
import { createServer } from "node:http";
import { connect } from "node:net";
import { expect, it, vi } from "vitest";
import { makeAuthority } from "../../../src/cluster/tls/certificate.js";
import { FrontDoor } from "../../../src/store/io/front-door.js";
import { GrpcServer } from "../../../src/store/io/grpc-server.js";
import { echoMethods } from "./h2/echo-methods.js";

vi.mock(import("../../../src/store/io/h2/limits.js"), async (original) => ({
  ...(await original()),
  prefaceTimeoutMs: 100 as 10_000,
}));

it("closes hundreds of connections that stop in their hello", async () => {
  const door = new FrontDoor(new GrpcServer(echoMethods()), createServer(), makeAuthority("the shop", Date.now()));
  const port = await door.listen("127.0.0.1", 0);
  const gone = Array.from({ length: 300 }, (_, i) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    // a record of 256 bytes, of which these come
    socket.write(Buffer.concat([Buffer.from([0x16, 3, 1, 1, 0]), Buffer.alloc(i % 256, 1)]));
    return new Promise<boolean>((resolve) => socket.resume().on("close", () => resolve(true)));
  });
  expect(new Set(await Promise.all(gone))).toEqual(new Set([true]));
  door.close();
});
