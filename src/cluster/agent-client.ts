import { randomUUID } from "node:crypto";
import { decodeReply, encodeRequest, fromWireError } from "../chaos/protocol.js";
import type { Op, Operation, Reply, ResultOf } from "../chaos/protocol.js";
import { DeviousError } from "../core/errors.js";
import type { Attached, Streams } from "../engine/port.js";
import { createDemuxer, payloadOf } from "../logs/demux.js";

/** Long enough for rules on fifteen nodes of a loaded machine, short enough not to look hung. */
const replyTimeoutMs = 15_000;

/** Probes between fifteen nodes: a thousand packets to count, seconds of a throttled stream, and the longest delay there and back. */
const verifyMs = 180_000;

/** How long an answer to this may take. */
function patienceMs(operation: Operation): number {
  if (operation.op !== "apply") return replyTimeoutMs;
  const { fault, verify } = operation;
  const graceMs = "graceMs" in fault ? fault.graceMs : 0;
  return replyTimeoutMs + graceMs + (verify ? verifyMs : 0);
}

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
  const timeout = AbortSignal.timeout(patienceMs(operation));
  const attached = await attach(engine, agentId, timeout);
  const close = (): void => attached.close();
  timeout.addEventListener("abort", close);
  try {
    const id = randomUUID();
    attached.write(encodeRequest({ ...operation, id }));
    const reply = await findReply(attached, id);
    if (reply === undefined) {
      throw new DeviousError("AGENT_SILENT", "The agent of this cluster was asked and did not answer; it may still do it.", {
        hint: "`devious chaos ls` shows what is active; `devious logs --node chaos` what the agent said last.",
      });
    }
    if (!reply.ok) throw fromWireError(reply.error);
    return reply.result as ResultOf<O>;
  } finally {
    timeout.removeEventListener("abort", close);
    attached.close();
  }
}

/** The engine lets one attach to a container that has just ended, and then says nothing at all. */
async function attach(engine: Pick<Streams, "attach">, agentId: string, timeout: AbortSignal): Promise<Attached> {
  const silence = new Promise<never>((_resolve, reject) => {
    timeout.addEventListener("abort", () =>
      reject(
        new DeviousError("AGENT_UNREACHABLE", "The agent of this cluster cannot be reached.", {
          hint: "`devious up` starts it again.",
        }),
      ),
    );
  });
  return Promise.race([engine.attach(agentId), silence]);
}

/** The reply with this id among whatever the agent says; undefined where the connection ends without it. */
async function findReply({ output }: Attached, id: string): Promise<Reply | undefined> {
  const demuxer = createDemuxer(false);
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of output) {
    for (const frame of demuxer.push(chunk)) {
      if (frame.stream !== "stderr") continue;
      const lines = (rest + decoder.decode(payloadOf(frame), { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      const reply = lines.map(decodeReply).find((one) => one?.id === id);
      if (reply !== undefined) return reply;
    }
  }
  return undefined;
}
