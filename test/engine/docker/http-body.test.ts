// Shows that a response's body is the same wherever the network cuts it, chunked or not, and that one which breaks off is not taken for whole.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HttpBody } from "../../../src/engine/docker/http-body.js";

const head = (...lines: readonly string[]): string => `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
const chunkedHead = head("Content-Type: text/plain", "Transfer-Encoding: chunked");
const chunked = (chunks: readonly string[]): string =>
  chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("") + "0\r\n\r\n";

/** Reads the response in pieces of these sizes, over and over. */
function read(response: string, sizes: readonly number[]): { body: string; status: number | undefined; isWhole: boolean } {
  const http = new HttpBody();
  let body = "";
  for (let start = 0, i = 0; start < response.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    // a copy, for what is read is overwritten
    body += http.push(Buffer.from(response.slice(start, start + size), "latin1")).toString("latin1");
    start += size;
  }
  return { body, status: http.status, isWhole: http.isWhole };
}

const texts = fc.array(fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 60 }), { maxLength: 12 });
const sizes = fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 6 });

describe("a body", () => {
  test("in chunks is what was in them, wherever it is cut", () => {
    fc.assert(
      fc.property(texts, sizes, (chunks, cuts) => {
        expect(read(chunkedHead + chunked(chunks), cuts)).toEqual({ body: chunks.join(""), status: 200, isWhole: true });
      }),
    );
  });

  test("without chunks is what follows the head, and never known to be whole", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), sizes, (text, cuts) => {
        expect(read(head("Connection: close") + text, cuts)).toEqual({ body: text, status: 200, isWhole: false });
      }),
    );
  });

  test("that breaks off is what has come, and is not whole", () => {
    const whole = chunkedHead + chunked(["one line\n", "another\n"]);
    for (let length = chunkedHead.length; length < whole.length - 2; length++) {
      const { body, isWhole } = read(whole.slice(0, length), [7]);
      expect("one line\nanother\n".startsWith(body)).toBe(true);
      // a last chunk whose line has come is the end, whatever trailers may follow
      expect(isWhole).toBe(length >= whole.length - 2);
    }
  });

  test("has chunk extensions, upper case sizes and header names of any case", () => {
    const response = `HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\nA;name=value\r\n0123456789\r\n0\r\n\r\n`;
    expect(read(response, [3])).toEqual({ body: "0123456789", status: 200, isWhole: true });
  });

  test("that is not chunked as its head says is refused", () => {
    expect(() => read(`${chunkedHead}no size\r\nhere\r\n`, [100])).toThrow("not chunked");
  });
});
