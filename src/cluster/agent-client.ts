import { randomUUID } from "node:crypto";
import { decodeReply, encodeRequest, fromWireError } from "../chaos/protocol.js";
import type { Op, Operation, Reply, ResultOf } from "../chaos/protocol.js";
import { DeviousError } from "../core/errors.js";
import type { Attached, Streams } from "../engine/port.js";
import { createDemuxer } from "../logs/demux.js";

/** Long enough for rules on fifteen nodes of a loaded machine, short enough not to look hung. */
const replyTimeoutMs = 15_000;

type RequestOf<O extends Op> = Extract<Operation, { readonly op: O }>;

/**
 * Asks the agent one thing, through its container's own stdin and stderr, and gives its answer or throws its error.
 * The agent goes on with what it was told even when nobody waits for the answer any more.
 */
export async function askAgent<O extends Op>(
  engine: Pick<Streams, "attach">,
  agentId: string,
  operation: RequestOf<O>,
): Promise<ResultOf<O>> {
  const attached = await engine.attach(agentId);
  const id = randomUUID();
  const timer = setTimeout(() => attached.close(), replyTimeoutMs);
  try {
    attached.write(encodeRequest({ ...operation, id }));
    const reply = await findReply(attached, id);
    if (reply === undefined) {
      throw new DeviousError("AGENT_UNREACHABLE", "The agent of this cluster did not answer.", {
        hint: "`devious up` starts it again; `devious logs --node chaos` shows what it said last.",
      });
    }
    if (!reply.ok) throw fromWireError(reply.error);
    return reply.result as ResultOf<O>;
  } finally {
    clearTimeout(timer);
    attached.close();
  }
}

/** The reply with this id among whatever the agent says; undefined where the connection ends without it. */
async function findReply({ output }: Attached, id: string): Promise<Reply | undefined> {
  const demuxer = createDemuxer(false);
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of output) {
    for (const { stream, payload } of demuxer.push(chunk)) {
      if (stream !== "stderr") continue;
      const lines = (rest + decoder.decode(payload, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      const reply = lines.map(decodeReply).find((one) => one?.id === id);
      if (reply !== undefined) return reply;
    }
  }
  return undefined;
}
