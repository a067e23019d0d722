/** npm basho-riak-client with promises; it has no types. */
import { createRequire } from "node:module";

type Untyped = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- what comes from a library without types
const require = createRequire(import.meta.url);

export interface BashoClient {
  /** A call of the client that answers once: `fetchValue`, `storeValue`, … */
  ask(name: string, options: object): Promise<Untyped>;
  /** A call that answers in pieces, the last of which is `done`: all of them. */
  stream(name: string, options: object): Promise<readonly Untyped[]>;
  /** A command that the client has no call for, `FetchHll` of the kind `CRDT` say. */
  execute(kind: "KV" | "CRDT" | "MR", name: string, options: object): Promise<Untyped>;
  /** A call without options: `ping`, `fetchServerInfo`. */
  say(name: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** The library itself, for what requests are made of: `RiakObject`, `MapOperation`. */
export const Riak = require("basho-riak-client") as Untyped;

type Callback = (error: string | Error | null, answer: Untyped) => void;

/** Connected to these, `host:port` each, in turn. */
export async function bashoClient(addresses: readonly string[]): Promise<BashoClient> {
  const client = await new Promise<Untyped>((resolve, reject) => {
    const made = new Riak["Client"]([...addresses], (error: Error | null) => (error ? reject(error) : resolve(made)));
  });
  const answered = (call: (callback: Callback) => void): Promise<Untyped> =>
    new Promise((resolve, reject) => call((error, answer) => (error ? reject(new Error(String(error))) : resolve(answer))));
  return {
    ask: (name, options) => answered((callback) => client[name](options, callback)),
    stream: (name, options) => {
      const pieces: Untyped[] = [];
      return new Promise((resolve, reject) =>
        client[name]({ ...options, stream: true }, (error: string | Error | null, piece: Untyped) => {
          if (error) return reject(new Error(String(error)));
          pieces.push(piece);
          return piece["done"] === true ? resolve(pieces) : undefined;
        }),
      );
    },
    execute: (kind, name, options) =>
      answered((callback) => client["execute"](new Riak["Commands"][kind][name](options, callback))),
    say: (name) => answered((callback) => client[name](callback)),
    stop: () => new Promise((resolve, reject) => client["stop"]((error: Error | null) => (error ? reject(error) : resolve()))),
  };
}

/** What a client found under a key: its values as text, sorted. */
export async function valuesOf(client: BashoClient, bucket: string, key: string): Promise<readonly string[]> {
  const { values } = await client.ask("fetchValue", { bucket, key });
  return values.map((each: Untyped) => String(each["value"])).sort();
}
