const blockBytes = 512;

/** A tar archive (POSIX.1-1988 ustar) with one empty file, readable by all: how the engine's API puts a file into a container. */
export function tarOfEmptyFile(name: string): Buffer {
  const header = Buffer.alloc(blockBytes);
  header.write(name, 0, 100, "latin1");
  header.write("0000644\0", 100, "latin1");
  header.write("0000000\0", 108, "latin1");
  header.write("0000000\0", 116, "latin1");
  header.write("00000000000\0", 124, "latin1");
  header.write("00000000000\0", 136, "latin1");
  header.write("        0ustar\x0000", 148, "latin1");
  // the sum of the header's bytes, with its own field taken for blanks
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return Buffer.concat([header, Buffer.alloc(2 * blockBytes)]);
}
