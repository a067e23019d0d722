/**
 * The headers of gRPC requests (RFC 7541): each is told once and from then on by its place in the server's dynamic table, so that a
 * request's headers are a handful of bytes, as those of real clients are.
 */

/** `:method: POST` and `:scheme: http` of the static table. */
const staticFields = Buffer.from([0x83, 0x86]);
const staticLength = 61;
/** What a table holds until settings say less, and what an entry counts beside its text. */
const defaultTableBytes = 4096;
const entryOverhead = 32;

export class HeaderEncoder {
  #common;
  /** Entries in the order in which they were told. */
  #told = [];
  #tableBytes = 0;
  #limit = defaultTableBytes;
  /** Complete blocks by path, valid as long as nothing new is told. */
  #blocks = new Map();
  /** Sent at the beginning of the first block after a limit (RFC 7541, 4.2). */
  #sizeUpdate = Buffer.alloc(0);

  constructor(authority) {
    this.#common = [`:authority\n${authority}`, "content-type\napplication/grpc", "te\ntrailers"];
  }

  /** How much the server keeps. Less than what is usual is not worth an eviction: from then on everything is told in full. */
  limit(bytes) {
    if (bytes >= defaultTableBytes) return;
    this.#limit = 0;
    this.#told = [];
    this.#blocks.clear();
    this.#sizeUpdate = Buffer.from([0x20]);
  }

  /** The header block of one request. */
  encode(path) {
    const known = this.#blocks.get(path);
    if (known !== undefined) return known;
    const fields = [`:path\n${path}`, ...this.#common];
    const toldBefore = this.#told.length;
    const block = Buffer.concat([this.#sizeUpdate, staticFields, ...fields.map((field) => this.#field(field))]);
    this.#sizeUpdate = Buffer.alloc(0);
    // A block that tells something new is sent once: indexes have moved.
    if (this.#told.length > toldBefore) this.#blocks.clear();
    else this.#blocks.set(path, block);
    return block;
  }

  #field(field) {
    const at = this.#told.indexOf(field);
    // The last one told is the first behind the static table.
    if (at >= 0) return Buffer.from([0x80 | (staticLength + this.#told.length - at)]);
    const bytes = field.length - 1 + entryOverhead;
    const isKept = this.#tableBytes + bytes <= this.#limit;
    if (isKept) {
      this.#told.push(field);
      this.#tableBytes += bytes;
    }
    const [name, value] = field.split("\n");
    return Buffer.concat([Buffer.from([isKept ? 0x40 : 0x00]), text(name), text(value)]);
  }
}

/** Without Huffman coding: these are told once. */
function text(value) {
  if (value.length > 126) throw new RangeError(`too long for a header of a benchmark: ${value}`);
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
}
