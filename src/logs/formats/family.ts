import type { FormatName } from "../../core/log-format.js";
import { readCapnslog } from "./capnslog.js";
import { readJson } from "./json.js";
import { readKlog } from "./klog.js";
import { readLog4j } from "./log4j.js";
import { readLogfmt } from "./logfmt.js";
import { readNginx } from "./nginx.js";
import { readPostgres } from "./postgres.js";
import { readRedis } from "./redis.js";
import { readSyslog } from "./syslog.js";
import type { Reader } from "./said.js";

/** The family. A line is of one format at most, so the order in which they are tried changes no answer. */
export const formats: Readonly<Record<Exclude<FormatName, "auto" | "text">, Reader>> = {
  json: readJson,
  logfmt: readLogfmt,
  log4j: readLog4j,
  syslog: readSyslog,
  klog: readKlog,
  capnslog: readCapnslog,
  nginx: readNginx,
  postgres: readPostgres,
  redis: readRedis,
};
