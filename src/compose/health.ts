/** How a node is known to be ready. */
import { escapeTemplates } from "../spec/templates.js";
import { tellOthers } from "./fates.js";
import { durationAt, writtenDuration } from "./quantities.js";
import { isNothing, mappingAt, numberAt, switchAt, textAt, textsAt } from "./reading.js";
import type { Reading } from "./reading.js";
import type { Entry } from "./tree.js";
import { said } from "./written.js";
import type { WrittenReady } from "./written.js";

/** What compose waits between two attempts where nothing is said; with a number of retries it is part of how long they last. */
const composeIntervalMs = 30_000;

const known = ["test", "interval", "timeout", "retries", "start_period", "disable"];

export function readyAt({ value, at }: Entry, what: string, reading: Reading): WrittenReady | undefined {
  const { telling } = reading;
  const entries = mappingAt(value, what, reading);
  tellOthers(entries, known, what, "attempts are equally far apart from the start", telling);
  const disable = entries.get("disable");
  const exec =
    disable !== undefined && switchAt(disable.value, `${what}.disable`, reading)
      ? "none"
      : testAt(entries.get("test"), what, reading);
  if (exec === "none") {
    telling.notice(at, `${what} is left out: a check of the image's own, if it has one, is not turned off`);
    return undefined;
  }
  if (exec === undefined) {
    if (entries.size > 0)
      telling.notice(at, `${what} is left out: it has no test, and how often the image's own is run is the image's`);
    return undefined;
  }
  const durationOf = (key: string): number | undefined => {
    const entry = entries.get(key);
    return entry === undefined || isNothing(entry.value) ? undefined : durationAt(entry.value, `${what}.${key}`, reading);
  };
  const retriesAt = entries.get("retries");
  const retries = retriesAt === undefined ? undefined : numberAt(retriesAt.value, `${what}.retries`, reading);
  const isCounted = retries !== undefined && Number.isInteger(retries) && retries >= 1;
  if (retries !== undefined && !isCounted)
    telling.notice(retriesAt?.at ?? at, `${what}.retries is left out: it is no number of attempts`);
  // compose has its own for 0
  const positive = (ms: number | undefined): number | undefined => (ms === 0 ? undefined : ms);
  const interval = positive(durationOf("interval")) ?? (isCounted ? composeIntervalMs : undefined);
  const timeout = positive(durationOf("timeout"));
  if (interval === undefined || timeout === undefined || !isCounted) {
    telling.once(
      at,
      "what a healthcheck does not say is devious's: an attempt 200ms after the other, 5s for each, as many as there is time for",
    );
  }
  const written = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : writtenDuration(ms));
  return said({
    exec,
    interval: written(interval),
    attempt_timeout: written(timeout),
    retries: isCounted ? retries : undefined,
    start_period: written(positive(durationOf("start_period"))),
  });
}

/** `none`: there is not to be one. */
function testAt(entry: Entry | undefined, what: string, reading: Reading): readonly string[] | "none" | undefined {
  if (entry === undefined || isNothing(entry.value)) return undefined;
  const shell = (text: string): readonly string[] => ["/bin/sh", "-c", escapeTemplates(text)];
  if (entry.value.kind === "scalar") {
    const text = textAt(entry.value, `${what}.test`, reading);
    return text === undefined ? undefined : shell(text);
  }
  const [kind, ...words] = textsAt(entry.value, `${what}.test`, reading);
  if (kind === "NONE") return "none";
  if (kind === "CMD" && words.length > 0) return words.map(escapeTemplates);
  if (kind === "CMD-SHELL" && words.length === 1) return shell(words[0] ?? "");
  reading.telling.problem(
    entry.value.at,
    `${what}.test must be text, or a list that begins with CMD, CMD-SHELL or NONE and has a command`,
  );
  return undefined;
}
