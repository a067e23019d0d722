/** npm basho-riak-client with promises; it has no types. */
import { createRequire } from "node:module";

type Untyped = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- what comes from a library without types
const require = createRequire(import.meta.url);

export interface BashoClient {
  /** A call of the client that answers once: `fetchValue`, `storeValue`, … */
  ask(name: string, options: object): Promise<Untyped>;
  stop(): Promise<void>;
}

/** Connected to these, `host:port` each, in turn. */
export async function bashoClient(addresses: readonly string[]): Promise<BashoClient> {
  const Riak = require("basho-riak-client") as Untyped;
  const client = await new Promise<Untyped>((resolve, reject) => {
    const made = new Riak["Client"]([...addresses], (error: Error | null) => (error ? reject(error) : resolve(made)));
  });
  return {
    ask: (name, options) =>
      new Promise((resolve, reject) =>
        client[name](options, (error: string | Error | null, answer: Untyped) =>
          error ? reject(new Error(String(error))) : resolve(answer),
        ),
      ),
    stop: () => new Promise((resolve, reject) => client["stop"]((error: Error | null) => (error ? reject(error) : resolve()))),
  };
}

/** What a client found under a key: its values as text, sorted. */
export async function valuesOf(client: BashoClient, bucket: string, key: string): Promise<readonly string[]> {
  const { values } = await client.ask("fetchValue", { bucket, key });
  return values.map((each: Untyped) => String(each["value"])).sort();
}
