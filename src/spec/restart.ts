/** Whether the engine starts a container again that has ended. */
import { noneOf, reading } from "./fields.js";
import type { RestartSpec } from "./own-image.js";

const policies = ["no", "on-failure", "always", "unless-stopped"] as const;

export const restart = reading((value, refuse): RestartSpec => {
  const [, word, retries] = /^([a-z-]+)(?::(\d+))?$/.exec(typeof value === "string" ? value : "") ?? [];
  const policy = policies.find((one) => one === word);
  if (policy === undefined) return refuse(noneOf(value, policies));
  if (retries === undefined) return { policy, maxRetries: null };
  if (policy !== "on-failure") return refuse(`only on-failure has a number of times, not ${policy}`);
  const maxRetries = Number(retries);
  return maxRetries >= 1 && maxRetries <= 1000
    ? { policy, maxRetries }
    : refuse(`on-failure: from 1 to 1000 times, not ${retries}`);
})
  .meta({ type: "string", pattern: "^(no|always|unless-stopped|on-failure(:\\d+)?)$" })
  .describe(
    "Whether the engine starts a node again that has ended by itself: no (default), on-failure, `on-failure:3`, always, unless-stopped. Faults that stop a node are not such ends.",
  );
