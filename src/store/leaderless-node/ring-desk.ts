import type { IncomingMessage, ServerResponse } from "node:http";
import type { RingAnswer, RingCommand, RingCopies, RingView } from "../../core/ring-contract.js";
import type { RingOutcome } from "../leaderless/cluster-view.js";
import { parseRingCommand } from "../leaderless/operator/parse-command.js";
import { readCommand } from "./read-command.js";

/** Where operators look at the ring and change it. */
export interface RingDesk {
  readonly view: () => RingView;
  readonly copies: () => RingCopies;
  readonly command: (command: RingCommand, done: (outcome: RingOutcome) => void) => void;
}

/** Reads a command, has it carried out and answers with the ring after it; 409 where it was refused, 400 where it is none. */
export function takeRingCommand(request: IncomingMessage, response: ServerResponse, { view, command }: RingDesk): void {
  const answer = (status: number, said: RingAnswer): void => {
    const body = JSON.stringify(said);
    response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    response.end(body);
  };
  readCommand(request, (bytes) => {
    const parsed = bytes === undefined ? "a command is shorter than this" : commandIn(bytes.toString("utf8"));
    if (typeof parsed === "string") return answer(400, { ok: false, why: parsed });
    return command(parsed, (outcome) => answer(outcome.ok ? 200 : 409, outcome.ok ? { ok: true, view: view() } : outcome));
  });
}

function commandIn(text: string): RingCommand | string {
  try {
    return parseRingCommand(JSON.parse(text));
  } catch {
    return "a command is JSON";
  }
}
