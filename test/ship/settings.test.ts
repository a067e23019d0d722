// Shows what the shipper takes from its environment, and that it tells what is wrong without telling what it says.
import { expect, it } from "vitest";
import { shipEnv } from "../../src/core/ship-contract.js";
import { readSettings } from "../../src/ship/settings.js";

const right = { [shipEnv.cluster]: "demo", [shipEnv.otlp]: "http://localhost:4318" };

it("sends nothing of its own", () => {
  expect(readSettings({ ...right, HOME: "/" })).toEqual({
    cluster: "demo",
    otlp: "http://localhost:4318",
    headers: {},
    except: new Set(["shipper"]),
  });
});

it("takes headers, and sends nothing of the receiver's", () => {
  const more = { [shipEnv.headers]: '{"Authorization":"Bearer x"}', [shipEnv.receiver]: "loki1" };
  expect(readSettings({ ...right, ...more })).toMatchObject({
    headers: { Authorization: "Bearer x" },
    except: new Set(["shipper", "loki1"]),
  });
});

it.each([
  ["no cluster", { [shipEnv.cluster]: undefined }, shipEnv.cluster],
  ["no receiver", { [shipEnv.otlp]: "" }, shipEnv.otlp],
  ["another protocol", { [shipEnv.otlp]: "ftp://secret" }, shipEnv.otlp],
  ["headers that are no JSON", { [shipEnv.headers]: "{secret" }, shipEnv.headers],
  ["headers that are no texts", { [shipEnv.headers]: '{"a":{"secret":1}}' }, shipEnv.headers],
])("%s", (_what, wrong, variable) => {
  const said = readSettings({ ...right, ...wrong });
  expect(said).toContain(variable);
  expect(said).not.toContain("secret");
});
