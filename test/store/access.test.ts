// Shows that a token which this member has not heard of makes its request wait until the member has caught up, and no longer: not for the entry that it names.
import { expect, it } from "vitest";
import { NodeAccess } from "../../src/store/access.js";
import { AuthStore } from "../../src/store/auth/auth-store.js";
import { encodeCommand } from "../../src/store/entries/commands.js";
import { StoreState } from "../../src/store/store-state.js";

const letters = "abcdefghijklmnop";
const showing = (token: string) => ({ metadata: new Map([["token", token]]) });

it("one that lags behind knows the token once it has caught up", async () => {
  let applied = 5;
  const state = StoreState.create();
  state.apply(encodeCommand("userAdd", { name: "root", password: "hash" }));
  state.apply(encodeCommand("userGrantRole", { user: "root", role: "root" }));
  state.apply(encodeCommand("authEnable", {}));
  const access: NodeAccess = new NodeAccess({
    auth: () => state.auth,
    applied: () => applied,
    caughtUp: () => {
      const answer = state.apply(
        encodeCommand("authenticate", { name: "root", prefix: letters, authRevision: state.auth.revision }),
      );
      applied = 7;
      access.onApplied(applied, { type: "command", answer } as never);
      return Promise.resolve();
    },
    nowMs: () => 0,
  });
  const caller = showing(`${letters}.7`);
  await access.heardOf(caller);
  expect(access.principalOf(caller)?.user).toBe("root");
});

it("a token that nobody gave is refused as soon as the member has caught up", async () => {
  let rounds = 0;
  const caughtUp = (): Promise<void> => Promise.resolve(void rounds++);
  const access = new NodeAccess({ auth: () => new AuthStore(), applied: () => 5, caughtUp, nowMs: () => 0 });
  const caller = showing(`${letters}.999999999999999`);
  await access.heardOf(caller);
  expect(rounds).toBe(1);
  expect(() => access.principalOf(caller)).toThrow("invalid auth token");
});
