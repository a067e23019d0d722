import type { Answers, Failure, LeaderlessStore, Request } from "../leaderless/api.js";
import { encode } from "../wire/encode.js";
import type { Given, Message } from "../wire/schema.js";
import { failureText } from "./failures.js";

/** What requests of one connection share. */
export interface Session {
  readonly store: LeaderlessStore;
  /** A key for an object that comes without one: no other is alike. */
  readonly newKey: () => string;
  /** What the client said it is called, which nothing depends on since there are version vectors with actors of our own. */
  clientId: Uint8Array;
}

/** Where one request is answered: any number of parts, and then one of the others. */
export interface Reply {
  part(code: number, body: Buffer): void;
  end(code: number, body?: Buffer): void;
  /** An RpbErrorResp. */
  fail(text: string): void;
  /** Calls `next` once the client has taken enough of what was said so far: at once, or later, or never. */
  whenRoom(next: () => void): void;
}

/** Answers a request, at once or later. The returned function says that nobody waits any more. Throws {@link Refusal}, and WireError. */
export type Call = (body: Buffer, session: Session, reply: Reply) => (() => void) | undefined;

/** A request that is wrong by itself: the message is for the client. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** Asks for what is answered once. */
export function ask<R extends Request>(
  { store }: Session,
  reply: Reply,
  request: R,
  answered: (value: Answers[R["type"]]) => void,
  textOf: (failure: Failure) => string = failureText,
): () => void {
  return store.ask(request, (answer) => {
    if (answer.ok) answered(answer.value);
    else reply.fail(textOf(answer.failure));
  });
}

export function end<T>(reply: Reply, code: number, message: Message<T>, value: Given<T>): void {
  reply.end(code, encode(message, value));
}

/** Riak's words for names without any bytes. */
export function checkName(what: "Bucket" | "Key" | "Type", name: string | undefined): void {
  if (name === "") throw new Refusal(`${what} cannot be zero-length`);
}
