import type { IncomingMessage, ServerResponse } from "node:http";
import type { BucketTypeAnswer } from "../../core/bucket-types-contract.js";
import type { Answer, BucketTypeDescription, Failure, LeaderlessStore } from "../leaderless/api.js";
import { JsonObject, jsonBytes, JsonTextError, object, parseJson, type Json } from "../riak/http/json.js";
import { HttpRefusal } from "../riak/http/message.js";
import { propertiesObject, propertiesOfJson } from "../riak/http/properties.js";
import { readCommand } from "./read-command.js";

/** Where operators look at bucket types and change them. */
export interface TypesDesk {
  readonly node: string;
  readonly store: Pick<LeaderlessStore, "ask">;
}

type Command = Parameters<LeaderlessStore["ask"]>[0] & {
  readonly type: "createBucketType" | "activateBucketType" | "setTypeProperties";
};
type Refused = Extract<BucketTypeAnswer, { readonly ok: false }>;

const statusOf = { invalid: 400, unknown: 404, refused: 409 } as const;

/** Answers with a `BucketTypesView`. */
export function tellTypes(response: ServerResponse, { node, store }: TypesDesk): void {
  store.ask({ type: "listBucketTypes" }, (answer) => {
    if (answer.ok) send(response, 200, object({ node, types: answer.value.map(viewOf) }));
    else refuse(response, refusalOf(answer.failure));
  });
}

/** Reads a `BucketTypeCommand`, has it carried out and answers with the type after it. */
export function takeTypeCommand(request: IncomingMessage, response: ServerResponse, { store }: TypesDesk): void {
  readCommand(request, (body) => {
    const command = body === undefined ? "a command is shorter than this" : commandIn(body);
    if (typeof command === "string") return refuse(response, { ok: false, reason: "invalid", why: command });
    const { bucketType } = command;
    store.ask(command, (done: Answer<Command["type"]>) => {
      if (!done.ok) return refuse(response, refusalOf(done.failure));
      store.ask({ type: "bucketTypeStatus", bucketType }, (after) => {
        if (after.ok) send(response, 200, object({ ok: true, type: viewOf(after.value) }));
        else refuse(response, refusalOf(after.failure));
      });
    });
  });
}

/** Or one sentence that says what is wrong with it. */
function commandIn(body: Buffer): Command | string {
  const json = jsonIn(body);
  if (!(json instanceof JsonObject)) return 'a command is a JSON object, such as {"command": "activate", "type": "maps"}';
  const [command, bucketType, props] = [json.get("command"), json.get("type"), json.get("props")];
  if (typeof bucketType !== "string") return 'the name of a bucket type has to be given, as "type"';
  if (command === "activate") return { type: "activateBucketType", bucketType };
  if (command !== "create" && command !== "update") return "the command is one of create, activate, update";
  if (!(props instanceof JsonObject)) return `${command} needs properties, as "props"`;
  try {
    const properties = propertiesOfJson(props);
    return { type: command === "create" ? "createBucketType" : "setTypeProperties", bucketType, properties };
  } catch (error) {
    if (error instanceof HttpRefusal) return error.message.trimEnd();
    throw error;
  }
}

function jsonIn(body: Buffer): Json {
  try {
    return parseJson(body);
  } catch (error) {
    if (error instanceof JsonTextError) return null;
    throw error;
  }
}

function viewOf({ bucketType, status, waitsFor, properties }: BucketTypeDescription): JsonObject {
  return object({ name: bucketType, status, waitsFor, props: propertiesObject(properties, undefined) });
}

function refusalOf({ reason }: Failure): Refused {
  switch (reason.type) {
    case "noSuchType":
      return { ok: false, reason: "unknown", why: `There is no bucket type ${reason.bucketType}` };
    case "invalid":
      return { ok: false, reason: "refused", why: reason.why };
    case "overload":
      return { ok: false, reason: "refused", why: "This node has not met its cluster yet, or has too much to do" };
    default:
      return { ok: false, reason: "refused", why: reason.type };
  }
}

function refuse(response: ServerResponse, refused: Refused): void {
  send(response, statusOf[refused.reason], object(refused));
}

function send(response: ServerResponse, status: number, json: Json): void {
  const body = jsonBytes(json);
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
}
