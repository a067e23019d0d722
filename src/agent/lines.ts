/** Lines of a stream of bytes. One longer than a megabyte is no request of ours and is dropped whole. */
const longest = 1024 * 1024;

export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  let dropping = false;
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      if (!dropping && line.trim() !== "") yield line;
      dropping = false;
    }
    if (rest.length > longest) [rest, dropping] = ["", true];
  }
}
