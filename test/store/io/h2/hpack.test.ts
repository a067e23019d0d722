// Shows header compression: RFC 7541's own examples, every text that node:http2 sends, and that no bytes break the decoder or fill its memory.
import { connect } from "node:http2";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { expect, it } from "vitest";
import { frameHeaderBytes, frameType, preface } from "../../../../src/store/io/h2/frames.js";
import { CompressionError, encodeFields, HpackDecoder } from "../../../../src/store/io/h2/hpack.js";
import { decodeHuffman } from "../../../../src/store/io/h2/huffman.js";

type Pairs = (readonly [string, string])[];

function decode(decoder: HpackDecoder, block: Buffer | string): Pairs | undefined {
  const bytes = typeof block === "string" ? Buffer.from(block.replaceAll(/\s/g, ""), "hex") : block;
  return decoder.decode(bytes, 0, bytes.length)?.map(({ name, value }) => [name, value]);
}

const firstRequest: Pairs = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "www.example.com"],
];
const secondRequest: Pairs = [...firstRequest, ["cache-control", "no-cache"]];
const thirdRequest: Pairs = [
  [":method", "GET"],
  [":scheme", "https"],
  [":path", "/index.html"],
  [":authority", "www.example.com"],
  ["custom-key", "custom-value"],
];
const firstResponse: Pairs = [
  [":status", "302"],
  ["cache-control", "private"],
  ["date", "Mon, 21 Oct 2013 20:13:21 GMT"],
  ["location", "https://www.example.com"],
];
const secondResponse: Pairs = [[":status", "307"], ...firstResponse.slice(1)];
const thirdResponse: Pairs = [
  [":status", "200"],
  ["cache-control", "private"],
  ["date", "Mon, 21 Oct 2013 20:13:22 GMT"],
  ["location", "https://www.example.com"],
  ["content-encoding", "gzip"],
  ["set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"],
];

it.each<[string, string, Pairs]>([
  ["C.2.1", "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", [["custom-key", "custom-header"]]],
  ["C.2.2", "040c 2f73 616d 706c 652f 7061 7468", [[":path", "/sample/path"]]],
  ["C.2.3", "1008 7061 7373 776f 7264 0673 6563 7265 74", [["password", "secret"]]],
  ["C.2.4", "82", [[":method", "GET"]]],
])("decodes the RFC's field %s", (_name, block, fields) => {
  expect(decode(new HpackDecoder(), block)).toEqual(fields);
});

it.each<[string, [string, Pairs][]]>([
  [
    "C.3, requests",
    [
      ["8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", firstRequest],
      ["8286 84be 5808 6e6f 2d63 6163 6865", secondRequest],
      ["8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65", thirdRequest],
    ],
  ],
  [
    "C.4, requests with Huffman coding",
    [
      ["8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", firstRequest],
      ["8286 84be 5886 a8eb 1064 9cbf", secondRequest],
      ["8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf", thirdRequest],
    ],
  ],
  [
    // §6.3: the table of 256 bytes that these two examples are of is asked for by a size update (3fe1 01)
    "C.5, responses, with evictions",
    [
      [
        "3fe1 01 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        firstResponse,
      ],
      ["4803 3330 37c1 c0bf", secondResponse],
      [
        "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
        thirdResponse,
      ],
    ],
  ],
  [
    "C.6, responses with Huffman coding",
    [
      [
        "3fe1 01 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
        firstResponse,
      ],
      ["4883 640e ffc1 c0bf", secondResponse],
      [
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
        thirdResponse,
      ],
    ],
  ],
])("decodes the RFC's conversation %s", (_name, blocks) => {
  const decoder = new HpackDecoder();
  for (const [block, fields] of blocks) expect(decode(decoder, block)).toEqual(fields);
});

it("decodes what node:http2 sends, over a connection's whole life", async () => {
  const decoder = new HpackDecoder();
  const decoded: (Pairs | undefined)[] = [];
  let bytes = Buffer.alloc(0);
  let at = preface.length;
  // reads no more than header blocks, which is all that node:http2 compresses
  const server = createServer((socket) => {
    socket.write(Buffer.from("000000040000000000", "hex"));
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= at + frameHeaderBytes && bytes.length >= at + frameHeaderBytes + bytes.readUIntBE(at, 3)) {
        const start = at + frameHeaderBytes;
        const end = start + bytes.readUIntBE(at, 3);
        const skipped = ((bytes[at + 4] as number) & 0x20) === 0 ? 0 : 5;
        if (bytes[at + 3] === frameType.headers) decoded.push(decode(decoder, bytes.subarray(start + skipped, end)));
        at = end;
      }
    });
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  session.on("error", () => {});
  const value = fc.string({
    unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)),
    maxLength: 300,
  });
  const values = fc.sample(
    value.filter((text) => !text.includes("\x7f")),
    { numRuns: 200, seed: 7541 },
  );
  values.forEach((text, index) => {
    const stream = session.request({ ":path": `/${index}`, [`x-${index % 40}`]: text });
    stream.on("error", () => {});
  });
  await expect.poll(() => decoded.length).toBe(values.length);
  values.forEach((text, index) => {
    expect(decoded[index]).toEqual(
      expect.arrayContaining([
        [":path", `/${index}`],
        [`x-${index % 40}`, text],
      ]),
    );
  });
  session.destroy();
  server.close();
});

it("decodes what it encodes, with any values, also long ones", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
  const value = fc.string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
    maxLength: 400,
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), (fields) => {
      expect(decode(new HpackDecoder(), encodeFields(fields))).toEqual(fields);
    }),
  );
});

it.each([
  ["index 0", "80"],
  ["an index beyond the tables", "be"],
  ["a name beyond the tables", "7f 00 00"],
  ["an integer that never ends", `ff ${"ff".repeat(20)} 00`],
  ["an integer that is cut off", "ff ff"],
  ["a string longer than the block", "00 05 61"],
  ["a name without a value", "00 01 61"],
  ["a table larger than was offered", "3f e2 1f"],
  ["a table's size that changes in the middle", "82 3e"],
  ["Huffman's end of string", "00 84 ff ff ff ff 00"],
  ["Huffman padding of zeros", "00 81 18 00"],
  ["Huffman padding of eight bits", "00 82 1f ff 00"],
])("refuses %s", (_what, block) => {
  expect(() => decode(new HpackDecoder(), block)).toThrow(CompressionError);
});

it.each([
  [" ", 0x14, 6],
  ["0", 0x0, 5],
  ["t", 0x9, 5],
  ["z", 0x7b, 7],
  ["Z", 0xfd, 8],
  ["?", 0x3fc, 10],
  ["|", 0x7fc, 11],
  [">", 0xffb, 12],
  ["~", 0x1ffd, 13],
  ["{", 0x7ffe, 15],
  ["\xd0", 0x7fff2, 19],
  ["\xe2", 0xfffed, 20],
  ["\xe6", 0x1fffe8, 21],
  ["\xe9", 0x3fffeb, 22],
  ["\xef", 0x7ffff4, 23],
  ["\xed", 0xfffff5, 24],
  ["\xeb", 0x1ffffef, 25],
  ["\xff", 0x3ffffee, 26],
  ["\xfe", 0x7fffff0, 27],
  ["\xf9", 0xffffffe, 28],
  ["\x16", 0x3ffffffe, 30],
])("knows %j by its code, as the RFC's appendix B has it", (character, code, length) => {
  // twice, between two others, and padded with ones
  const bits = [0x3, code, code, 0x4].map((its, index) => its.toString(2).padStart(index % 3 === 0 ? 5 : length, "0")).join("");
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
  const bytes = Buffer.from(padded.match(/.{8}/g)?.map((octet) => Number.parseInt(octet, 2)) ?? []);
  expect(decodeHuffman(bytes, 0, bytes.length)).toBe(`a${character}${character}c`);
});

it("keeps its table within its bound, and a list within its own, whatever a small block refers to", () => {
  const decoder = new HpackDecoder();
  const large = encodeFields([["a", "x".repeat(4000)]]);
  // as the same field, to be remembered (§6.2.1)
  large[0] = 0x40;
  expect(decode(decoder, large)).toHaveLength(1);
  const bomb = Buffer.alloc(10_000, 0xbe);
  expect(decode(decoder, bomb)).toBeUndefined();
  expect(decode(decoder, Buffer.of(0xbe))).toHaveLength(1);
  // the next large one pushes it out
  expect(decode(decoder, large)).toHaveLength(1);
  expect(() => decode(decoder, Buffer.of(0xbf))).toThrow(CompressionError);
});

it("decodes any bytes, or refuses them by its one error", () => {
  const isBorne = (block: Uint8Array, decoder: HpackDecoder): boolean => {
    try {
      decode(decoder, Buffer.from(block));
      return true;
    } catch (error) {
      return error instanceof CompressionError;
    }
  };
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (blocks) => {
      const decoder = new HpackDecoder();
      expect(blocks.every((block) => isBorne(block, decoder))).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

it.each([
  ["upper case", [["Te", "trailers"]], false],
  ["a line break", [["a", "x\ny"]], false],
  ["a blank at the end", [["a", "x "]], false],
  ["no name", [["", "x"]], false],
  ["any other byte", [["a", "x\x01é y"]], true],
] as [string, Pairs, boolean][])("tells of %s in a field whether it is legal", (_what, fields, isLegal) => {
  const block = encodeFields(fields);
  expect(new HpackDecoder().decode(block, 0, block.length)?.map((field) => field.isLegal)).toEqual([isLegal]);
});
