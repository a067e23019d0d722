// Shows the admin port: it tells and sets the hooks, and refuses everything else with a sentence and without changing anything.
import { afterEach, beforeEach, expect, it } from "vitest";
import { type StoreHooks, noClockTrouble, noHooks } from "../../../src/core/store-hooks.js";
import { Admin } from "../../../src/store/io/admin.js";

const skewed: StoreHooks = { ...noHooks, clock: { ...noClockTrouble, skewMs: 3000 } };

let admin: Admin;
let url: string;
beforeEach(async () => {
  let current = noHooks;
  admin = new Admin({
    get current() {
      return current;
    },
    set: (hooks) => (current = hooks),
  });
  url = `http://127.0.0.1:${await admin.listen("127.0.0.1", 0)}`;
});
afterEach(() => admin.close());

const put = (body: string): Promise<Response> => fetch(`${url}/hooks`, { method: "PUT", body });
const inForce = async (): Promise<unknown> => await (await fetch(`${url}/hooks`)).json();

it("answers with the hooks in force, whoever asks", async () => {
  expect(await inForce()).toEqual(noHooks);
  const answer = await put(JSON.stringify(skewed));
  expect([answer.status, await answer.json()]).toEqual([200, skewed]);
  expect(await inForce()).toEqual(skewed);
});

it.each<[string, (base: string) => Promise<Response>, number, string]>([
  ["text", () => put("slow, please"), 400, "The body is not JSON."],
  ["a part of the state", () => put("{}"), 400, 'The body has no field "disk".'],
  ["a body without end", () => put(" ".repeat(70_000)), 413, "The body is larger than 65536 bytes."],
  ["another method", (base) => fetch(`${base}/hooks`, { method: "POST", body: "{}" }), 405, "/hooks takes GET and PUT."],
  ["another path", (base) => fetch(`${base}/`), 404, "There is no / here."],
])("refuses %s, and all is as before", async (_, ask, status, error) => {
  await put(JSON.stringify(skewed));
  const answer = await ask(url);
  expect([answer.status, await answer.json()]).toEqual([status, { error }]);
  expect(await inForce()).toEqual(skewed);
});
