// Shows that many who ask about one each share questions, one under way at a time, and that nobody hears what was asked before he came.
import { expect, test } from "vitest";
import { together } from "../../src/cluster/together.js";

/** Answers when told to. */
function oracle() {
  const asked: (readonly string[])[] = [];
  const answers: ((how: "well" | "badly") => void)[] = [];
  const ask = together<string>((names) => {
    asked.push(names);
    const number = asked.length;
    return new Promise((resolve, reject) =>
      answers.push((how) =>
        how === "well"
          ? resolve(Object.fromEntries(names.map((name) => [name, `${name}, ${number}`])))
          : reject(new Error("gone")),
      ),
    );
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { asked, ask, turn, answer: (how: "well" | "badly" = "well") => answers.shift()?.(how) };
}

test("all who ask in one turn share a question", async () => {
  const { asked, ask, turn, answer } = oracle();
  const heard = Promise.all(["a", "b", "a"].map(ask));
  await turn();
  answer();
  expect(await heard).toEqual(["a, 1", "b, 1", "a, 1"]);
  expect(asked).toEqual([["a", "b"]]);
});

test("who comes while one is under way waits for the next, though it is about the same", async () => {
  const { asked, ask, turn, answer } = oracle();
  const first = ask("a");
  await turn();
  const later = Promise.all(["a", "b"].map(ask));
  await turn();
  expect(asked).toEqual([["a"]]);
  answer();
  expect(await first).toBe("a, 1");
  await turn();
  const last = ask("c");
  answer();
  expect(await later).toEqual(["a, 2", "b, 2"]);
  await turn();
  answer();
  expect(await last).toBe("c, 3");
  expect(asked).toEqual([["a"], ["a", "b"], ["c"]]);
});

test("a question that fails fails for those who asked it, and the next is asked all the same", async () => {
  const { ask, turn, answer } = oracle();
  const first = ask("a");
  await turn();
  const second = ask("a");
  answer("badly");
  await expect(first).rejects.toThrow("gone");
  await turn();
  answer();
  expect(await second).toBe("a, 2");
});

test("of whom the answer says nothing, nothing is known", async () => {
  expect(await together<string>(async () => ({ a: "1" }))("b")).toBeUndefined();
});
