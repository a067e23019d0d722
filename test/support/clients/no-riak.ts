import { createRequire } from "node:module";

type Untyped = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- what comes from a library without types
const require = createRequire(import.meta.url);

/** npm no-riak, which has no types; its calls are promises. */
export function noRiakClient(address: string): Untyped {
  const Riak = require("no-riak") as Untyped;
  return new Riak["Client"]({ connectionString: address, autoJSON: false }) as Untyped;
}
