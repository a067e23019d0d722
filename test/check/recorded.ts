import { pairEvents, type HistoryEvent, type Operation } from "../../src/check/history.js";
import type { AppendKvInput, AppendKvOutput } from "../../src/check/models/append-kv.js";
import type { RegisterInput, RegisterOutput } from "../../src/check/models/register.js";

/**
 * Jepsen's etcd logs: `INFO  jepsen.util - <process> :<type> :<f> <value>`. A `:fail` of a cas is an answer (the value differed); a
 * read that failed by time-out saw nothing and is as good as crashed.
 */
export function parseRegisterLog(text: string): Operation<RegisterInput, RegisterOutput>[] {
  const events: HistoryEvent<RegisterInput, RegisterOutput>[] = [];
  for (const line of text.split("\n")) {
    const match = /^INFO\s+jepsen\.util - (\S+)\s+:(\w+)\s+:(\w+)\s+(.*)$/.exec(line);
    if (match === null) continue;
    const [, process = "", type = "", op = "", value = ""] = match;
    if (type === "invoke") events.push({ process, type, input: registerInput(op, value) });
    else if (type === "info" || (type === "fail" && op === "read")) events.push({ process, type: "info" });
    else if (op === "read") events.push({ process, type: "ok", output: value === "nil" ? null : Number(value) });
    else events.push({ process, type: "ok", output: op === "cas" ? type === "ok" : null });
  }
  return pairEvents(events);
}

function registerInput(op: string, value: string): RegisterInput {
  if (op === "read") return { op };
  if (op === "write") return { op, value: Number(value) };
  const [, expected, swapped] = /^\[(\d+) (\d+)\]$/.exec(value) ?? [];
  return { op: "cas", expected: Number(expected), value: Number(swapped) };
}

/** One EDN map a line: `{:process 0, :type :invoke, :f :append, :key "0", :value "x 0 0 y"}`. */
export function parseAppendKvLog(text: string): Operation<AppendKvInput, AppendKvOutput>[] {
  const events: HistoryEvent<AppendKvInput, AppendKvOutput>[] = [];
  for (const line of text.split("\n")) {
    const match = /^\{:process (\S+), :type :(\w+), :f :(get|put|append), :key "(.*)", :value (?:nil|"(.*)")\}$/.exec(line);
    if (match === null) continue;
    const [, process = "", type, op, key = "", value = ""] = match;
    if (type !== "invoke") events.push({ process, type: "ok", output: op === "get" ? value : null });
    else if (op === "get") events.push({ process, type, input: { op, key } });
    else events.push({ process, type, input: { op: op as "put" | "append", key, value } });
  }
  return pairEvents(events);
}
