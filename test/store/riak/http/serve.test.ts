// Shows that whatever is asked over HTTP is answered once and in full, with a status that HTTP has and headers that it can carry.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { HttpReply } from "../../../../src/store/riak/http/message.js";
import { routes } from "../../../../src/store/riak/http/routes.js";
import { serveHttp } from "../../../../src/store/riak/http/serve.js";
import { memoryStore } from "../memory-store.js";

const odd = fc.constantFrom(
  "",
  "a",
  "%",
  "%zz",
  "%00",
  "%2F",
  "+",
  "_,_,_",
  "a,b",
  "_int",
  "n_int",
  "n_bin",
  "$key",
  "$bucket",
  "__proto__",
  "é",
  "1",
  "\u0001",
);
const named = fc.constantFrom("default", "counters", "sets", "maps", "hlls", "gsets", "none", "constructor");
const path = fc.oneof(
  fc
    .tuple(fc.constantFrom(...routes), fc.array(fc.oneof(odd, named), { minLength: 6, maxLength: 6 }))
    .map(
      ([{ pattern }, fill]) =>
        `/${pattern.map((part, index) => (part.startsWith(":") || part === "*" ? fill[index] : part)).join("/")}`,
    ),
  fc.array(odd).map((parts) => parts.join("/")),
);
const names = [
  "r",
  "w",
  "pr",
  "timeout",
  "vtag",
  "keys",
  "buckets",
  "props",
  "stream",
  "returnbody",
  "max_results",
  "continuation",
  "return_terms",
  "term_regex",
  "n_val",
  "include_context",
  "asis",
];
const query = fc.dictionary(
  fc.constantFrom(...names),
  fc.constantFrom("", "true", "stream", "1", "-1", "all", "a(", "%", "1e9", "AA=="),
  { maxKeys: 4 },
);
const headers = fc.dictionary(
  fc.constantFrom(
    "content-type",
    "x-riak-vclock",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "link",
    "x-riak-index-a_int",
    "x-riak-meta-a",
    "accept",
  ),
  fc.constantFrom(
    "",
    "application/json",
    "text/plain; charset=x",
    "*",
    '"tag1"',
    "djE=",
    "multipart/mixed",
    '</buckets/a/keys/b>; riaktag="t"',
    "1, 2",
    "Fri, 14 Jul 2017 02:40:00 GMT",
  ),
);
const body = fc.constantFrom(
  "",
  "1",
  "{}",
  "[]",
  '"increment"',
  '{"add":"a"}',
  '{"update":{"a_set":{"add":"x"}},"context":""}',
  '{"props":{"n_val":2}}',
  "{",
  "\u00ff",
);
const method = fc.constantFrom("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH");

it("answers whatever is asked", async () => {
  const store = memoryStore();
  await fc.assert(
    fc.asyncProperty(method, path, query, headers, body, async (verb, at, asked, said, bytes) => {
      const target = `${at}?${Object.entries(asked)
        .map(([name, value]) => `${name}=${value}`)
        .join("&")}`;
      const answer = await new Promise<{ status: number; headers: Map<string, string>; bytes: number; ends: number }>(
        (resolve) => {
          let head = { status: 0, headers: new Map<string, string>() };
          let length = 0;
          let ends = 0;
          const reply: HttpReply = {
            respond: (response) => {
              reply.begin(response);
              reply.piece(response.body);
              reply.end();
            },
            begin: (begun) => {
              head = { status: begun.status, headers: new Map(begun.headers) };
            },
            piece: (piece) => {
              length += piece.length;
            },
            end: () => {
              ends++;
              setImmediate(() => resolve({ ...head, bytes: length, ends }));
            },
            whenRoom: (next) => next(),
          };
          const request = { method: verb, target, headers: new Map(Object.entries(said)), body: Buffer.from(bytes, "latin1") };
          serveHttp(request, { store, newKey: () => "made", stats: () => ({}) }, reply);
        },
      );
      expect([200, 201, 204, 300, 301, 304, 400, 403, 404, 405, 406, 409, 412, 415, 501]).toContain(answer.status);
      expect(answer.ends).toBe(1);
      const length = Number(answer.headers.get("Content-Length") ?? answer.bytes);
      expect(answer.bytes).toBe(verb === "HEAD" ? 0 : length);
      for (const [name, value] of answer.headers) expect(`${name}: ${value}`).toMatch(/^[\w-]+: [\t -~\u0080-\u00ff]*$/);
    }),
    { numRuns: 500 },
  );
});
