// Shows that the size at which an engine rotates a log is read as the engine reads it.
import { expect, test } from "vitest";
import { logFileBytes } from "../../../src/engine/docker/log-files.js";

const mib = 1024 * 1024;

test.each<[string, string, Record<string, string> | null, number | undefined]>([
  ["our own nodes", "json-file", { "max-size": "50m", "max-file": "5" }, 50 * mib],
  ["json-file as it is", "json-file", {}, undefined],
  ["an older engine's nothing", "json-file", null, undefined],
  ["kibibytes", "json-file", { "max-size": "1k" }, 1024],
  ["bytes", "json-file", { "max-size": "500" }, 500],
  ["units in full", "json-file", { "max-size": "1.5MiB" }, 1.5 * mib],
  ["without a limit", "json-file", { "max-size": "-1" }, undefined],
  ["local as it is", "local", {}, 20 * mib],
  ["local", "local", { "max-size": "10MB" }, 10 * mib],
  ["a driver that sends logs away: the engine's copy", "fluentd", { "cache-max-size": "2g" }, 2048 * mib],
  ["the same as it is", "syslog", {}, 20 * mib],
  ["the journal", "journald", {}, undefined],
])("%s", (_what, Type, Config, bytes) => {
  expect(logFileBytes({ Type, Config })).toBe(bytes);
});
