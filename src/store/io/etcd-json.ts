import type { MemberChange } from "../ask.js";
import { encodeCommand } from "../kv.js";
import type { Key, KeyValue, RangeRequest, RangeResult } from "../kv.js";
import { parsePeerUrl } from "../peer-url.js";

/**
 * The JSON of etcd's v3 gateway: https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/. Bytes are base64, 64-bit numbers are strings,
 * fields with their zero value are left out, requests may spell fields in snake_case or camelCase.
 */

/** The request is wrong as it stands; the message is for the client. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
}

export interface PutRequest {
  readonly command: Uint8Array;
  readonly wantPrevious: boolean;
}

export interface EtcdRange extends RangeRequest {
  readonly keysOnly: boolean;
  /** May be answered from this node's own state, however old. */
  readonly serializable: boolean;
}

export interface Header {
  readonly cluster: string;
  readonly member: string;
  readonly revision: number;
  readonly term: number;
}

export function parsePut(body: string): PutRequest {
  const fields = parseFields(body, ["key", "value", "prev_kv"], ["lease", "ignore_value", "ignore_lease"]);
  const key = keyOf(fields, "key");
  requireKey(key);
  return {
    command: encodeCommand({ type: "put", key, value: bytesOf(fields, "value") }),
    wantPrevious: flagOf(fields, "prev_kv"),
  };
}

export function parseDeleteRange(body: string): PutRequest {
  const fields = parseFields(body, ["key", "range_end", "prev_kv"], []);
  const key = keyOf(fields, "key");
  requireKey(key);
  const command = encodeCommand({ type: "deleteRange", key, rangeEnd: keyOf(fields, "range_end") });
  return { command, wantPrevious: flagOf(fields, "prev_kv") };
}

export function parseRange(body: string): EtcdRange {
  const known = ["key", "range_end", "limit", "count_only", "keys_only", "serializable"];
  const revisions = ["revision", "min_mod_revision", "max_mod_revision", "min_create_revision", "max_create_revision"];
  const fields = parseFields(body, known, [...revisions, "sort_order", "sort_target"]);
  const key = keyOf(fields, "key");
  requireKey(key);
  return {
    key,
    rangeEnd: keyOf(fields, "range_end"),
    limit: countOf(fields, "limit"),
    countOnly: flagOf(fields, "count_only"),
    keysOnly: flagOf(fields, "keys_only"),
    serializable: flagOf(fields, "serializable"),
  };
}

export function parseMemberAdd(body: string): MemberChange {
  const fields = parseFields(body, ["peer_urls", "is_learner", "name"], []);
  const urls = fields.get("peer_urls");
  const address = Array.isArray(urls) && urls.length === 1 && typeof urls[0] === "string" ? parsePeerUrl(urls[0]) : undefined;
  if (address === undefined) throw new BadRequest(`"peerURLs" must hold one URL, e.g. ["http://n4:2380"]`);
  const name = fields.get("name") ?? address.host;
  if (typeof name !== "string" || name === "") throw new BadRequest(`"name" must be a text`);
  return { kind: "add", name, ...address, isLearner: flagOf(fields, "is_learner") };
}

export function parseMemberId(body: string, kind: "promote" | "remove"): MemberChange {
  const member = countOf(parseFields(body, ["id"], []), "id");
  if (member === 0) throw new BadRequest(`"ID" must be the number of a member`);
  return { kind, member };
}

/** A list of members is what this node knows, linearizable or not, as in etcd 3.4. */
export function parseMemberList(body: string): void {
  parseFields(body, ["linearizable"], []);
}

type Fields = ReadonlyMap<string, unknown>;

/**
 * The body's fields by their snake_case names. `neutral` ones are etcd's too, but only their default is carried out here: with
 * anything else the answer would be another than asked for.
 */
function parseFields(body: string, known: readonly string[], neutral: readonly string[]): Fields {
  let json: unknown;
  try {
    json = JSON.parse(body === "" ? "{}" : body);
  } catch {
    throw new BadRequest("the body is not JSON");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new BadRequest("the body is not a JSON object");
  const fields = new Map<string, unknown>();
  for (const [spelt, value] of Object.entries(json)) {
    const name = known.includes(spelt) ? spelt : snakeCase(spelt);
    if (known.includes(name)) fields.set(name, value);
    else if (!neutral.includes(name)) throw new BadRequest(`unknown field "${spelt}"`);
    else if (!defaults.includes(value))
      throw new BadRequest(`"${spelt}": ${JSON.stringify(value)} is not supported by this store`);
  }
  return fields;
}

/** `rangeEnd` -> `range_end`, `peerURLs` -> `peer_urls`, `ID` -> `id`. */
function snakeCase(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
}

/** What asks for nothing: zero values, and the names of etcd's defaults. */
const defaults: readonly unknown[] = [null, 0, "0", "", false, "NONE", "KEY"];

function bytesOf(fields: Fields, name: string): Buffer {
  const text = fields.get(name) ?? "";
  if (typeof text !== "string" || !base64.test(text)) throw new BadRequest(`"${name}" is not base64`);
  return Buffer.from(text, "base64");
}

/** Both alphabets, padding optional; Node's decoder takes these and would skip anything else. */
const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

function keyOf(fields: Fields, name: string): Key {
  return bytesOf(fields, name).toString("latin1");
}

function requireKey(key: Key): void {
  if (key === "") throw new BadRequest("key is not provided");
}

function flagOf(fields: Fields, name: string): boolean {
  const value = fields.get(name) ?? false;
  if (typeof value !== "boolean") throw new BadRequest(`"${name}" must be true or false`);
  return value;
}

function countOf(fields: Fields, name: string): number {
  const value = Number(fields.get(name) ?? 0);
  if (!Number.isSafeInteger(value) || value < 0) throw new BadRequest(`"${name}" must be a whole number, not negative`);
  return value;
}

// Rendered by hand: all but the base64 is digits, and this is the hot path.

function renderHeader(header: Header): string {
  return `"header":{"cluster_id":"${header.cluster}","member_id":"${header.member}","revision":"${header.revision}","raft_term":"${header.term}"}`;
}

function renderKeyValue(pair: KeyValue, keysOnly: boolean): string {
  const value = pair.value.length === 0 || keysOnly ? "" : `,"value":"${base64Of(pair.value)}"`;
  return `{"key":"${Buffer.from(pair.key, "latin1").toString("base64")}","create_revision":"${pair.createRevision}","mod_revision":"${pair.modRevision}","version":"${pair.version}"${value}}`;
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

export function renderPut(header: Header, previous: readonly KeyValue[]): string {
  const pair = previous[0];
  return `{${renderHeader(header)}${pair === undefined ? "" : `,"prev_kv":${renderKeyValue(pair, false)}`}}`;
}

export function renderDeleteRange(header: Header, deleted: number, previous: readonly KeyValue[]): string {
  const count = deleted === 0 ? "" : `,"deleted":"${deleted}"`;
  const pairs = previous.length === 0 ? "" : `,"prev_kvs":[${previous.map((pair) => renderKeyValue(pair, false)).join(",")}]`;
  return `{${renderHeader(header)}${count}${pairs}}`;
}

export function renderRange(header: Header, range: RangeResult, keysOnly: boolean): string {
  const pairs = range.kvs.length === 0 ? "" : `,"kvs":[${range.kvs.map((pair) => renderKeyValue(pair, keysOnly)).join(",")}]`;
  return `{${renderHeader(header)}${pairs}${range.more ? `,"more":true` : ""}${range.count === 0 ? "" : `,"count":"${range.count}"`}}`;
}

export interface MemberView {
  readonly id: number;
  readonly name: string;
  readonly peerUrl: string;
  readonly isLearner: boolean;
}

export function renderMembers(header: Header, members: readonly MemberView[], added: MemberView | undefined): string {
  const list = members.map(renderMember).join(",");
  return `{${renderHeader(header)}${added === undefined ? "" : `,"member":${renderMember(added)}`},"members":[${list}]}`;
}

function renderMember({ id, name, peerUrl, isLearner }: MemberView): string {
  return JSON.stringify({ ID: String(id), name, peerURLs: [peerUrl], ...(isLearner ? { isLearner } : {}) });
}
