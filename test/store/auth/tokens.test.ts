// Shows that a token is honoured for 300 s after it was last shown, and not once its user is another.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entryOf, Tokens } from "../../../src/store/auth/tokens.js";

const step = fc.oneof(
  fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 100_000, 299_999, 300_000) }),
  fc.record({
    do: fc.constant("assign" as const),
    token: fc.constantFrom("t1", "t2", "t3"),
    user: fc.constantFrom("ada", "bob"),
  }),
  fc.record({ do: fc.constant("use" as const), token: fc.constantFrom("t1", "t2", "t3") }),
  fc.record({ do: fc.constant("end" as const), user: fc.constantFrom("ada", "bob") }),
);

describe("Tokens", () => {
  it("know what a list of all tokens and when they were shown knows", () => {
    let honoured = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 40 }), (steps) => {
        const tokens = new Tokens();
        let list: { token: string; user: string; usedMs: number }[] = [];
        let nowMs = 0;
        for (const each of steps) {
          let expected: string | undefined;
          let got: string | undefined;
          if (each.do === "wait") nowMs += each.ms;
          if (each.do === "end") {
            tokens.endOf(each.user);
            list = list.filter(({ user }) => user !== each.user);
          }
          if (each.do === "assign" && !list.some(({ token }) => token === each.token)) {
            tokens.assign(each.token, 7, each.user, nowMs);
            list.push({ token: each.token, user: each.user, usedMs: nowMs });
          }
          if (each.do === "use") {
            list = list.filter(({ usedMs }) => nowMs - usedMs < 300_000);
            const known = list.find(({ token }) => token === each.token);
            if (known !== undefined) known.usedMs = nowMs;
            if (known !== undefined) honoured++;
            expected = known?.user;
            // the first is of no entry that gave it
            got = tokens.use(`${each.token}.8`, nowMs) ?? tokens.use(`${each.token}.7`, nowMs);
          }
          expect(got).toBe(expected);
        }
      }),
    );
    expect(honoured, "uses of tokens that were known").toBeGreaterThan(20);
  });

  it("forget those that nobody shows any more", () => {
    const tokens = new Tokens();
    for (let at = 0; at < 1000; at++) tokens.assign(`t${at}`, at, "ada", at * 1000);
    expect(tokens.size).toBe(300);
    expect(tokens.whole("t999")).toBe("t999.999");
    expect(tokens.whole("t1")).toBeUndefined();
    tokens.clear();
    expect(tokens.size).toBe(0);
  });

  it("say which log entry they are of", () => {
    expect(entryOf("pZanhOXiuJyafPdB.200661")).toBe(200661);
    for (const none of [
      "",
      "bad",
      "pZanhOXiuJyafPdB",
      "pZanhOXiuJyafPdB.",
      "pZanhOXiuJyafPdB.x",
      "p.1",
      "pZanhOXiuJyafPdB.1.2",
    ]) {
      expect(entryOf(none)).toBeUndefined();
    }
  });
});
