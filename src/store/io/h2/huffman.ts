/**
 * The Huffman code of HPACK, RFC 7541 §5.2 and appendix B. It is canonical: symbols in order of their codes' lengths, and of their numbers
 * within one length, have consecutive codes. So the lengths say it all.
 */

/** Bits of the code of each byte, and of EOS (256) at the end. */
const codeLengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22,
  23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22,
  21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26,
  27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26,
  26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const endOfString = 256;
const root = 0;
const none = -1;

/**
 * The code's tree, walked four bits at a time. As no code is shorter than five bits, four bits end at most one symbol. A node is a number;
 * `next` and `symbols` are by node × 16 + bits.
 */
interface Walk {
  readonly next: Uint8Array;
  /** The symbol that ends within these bits, or {@link none}. */
  readonly symbols: Int16Array;
  /** By node: whether a string may end here, which is after less than eight bits of EOS, all of them ones. */
  readonly mayEnd: Uint8Array;
}

const walk = walkOf(treeOf(codeLengths));

/** The bytes of `bytes[start, end)` decoded, one latin1 character each; undefined where they are no such string. */
export function decodeHuffman(bytes: Buffer, start: number, end: number): string | undefined {
  const decoded = Buffer.allocUnsafe(Math.ceil(((end - start) * 8) / 5));
  const { next, symbols, mayEnd } = walk;
  let length = 0;
  let node = root;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    for (let shift = 4; shift >= 0; shift -= 4) {
      const step = node * 16 + ((byte >> shift) & 15);
      const symbol = symbols[step] as number;
      if (symbol !== none) {
        if (symbol === endOfString) return undefined;
        decoded[length++] = symbol;
      }
      node = next[step] as number;
    }
  }
  return mayEnd[node] === 1 ? decoded.toString("latin1", 0, length) : undefined;
}

/** Two children by node × 2 + bit: a node's number, or -1 - symbol. */
function treeOf(lengths: readonly number[]): number[] {
  const symbols = lengths
    .map((length, symbol) => ({ length, symbol }))
    .sort((a, b) => a.length - b.length || a.symbol - b.symbol);
  const tree = [0, 0];
  let code = 0;
  let codeLength = 0;
  for (const { length, symbol } of symbols) {
    code *= 2 ** (length - codeLength);
    codeLength = length;
    let node = root;
    for (let bit = length - 1; bit > 0; bit--) {
      const child = node * 2 + ((code >> bit) & 1);
      if (tree[child] === 0) {
        tree[child] = tree.length / 2;
        tree.push(0, 0);
      }
      node = tree[child] as number;
    }
    tree[node * 2 + (code & 1)] = -1 - symbol;
    code++;
  }
  return tree;
}

function walkOf(tree: readonly number[]): Walk {
  const nodes = tree.length / 2;
  const next = new Uint8Array(nodes * 16);
  const symbols = new Int16Array(nodes * 16).fill(none);
  for (let step = 0; step < nodes * 16; step++) {
    let node = step >> 4;
    for (let bit = 3; bit >= 0; bit--) {
      const child = tree[node * 2 + ((step >> bit) & 1)] as number;
      if (child < 0) symbols[step] = -1 - child;
      node = child < 0 ? root : child;
    }
    next[step] = node;
  }
  const mayEnd = new Uint8Array(nodes);
  for (let ones = 0, node = root; ones < 8; ones++, node = tree[node * 2 + 1] as number) mayEnd[node] = 1;
  return { next, symbols, mayEnd };
}
