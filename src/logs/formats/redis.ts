/** Redis and Valkey: `1:M 21 Nov 2026 10:00:00.123 * Ready to accept connections` (redis/src/server.c, serverLogRaw). */
import type { Level } from "../../core/log-record.js";
import { patternReader } from "./pattern.js";

const signs: Readonly<Record<string, Level>> = { ".": "debug", "-": "debug", "*": "info", "#": "warn" };
/** X sentinel, C child that writes to disk, S replica, M master. */
const layout = /^(?<pid>\d+):(?<role>[XCSM]) \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3} (?<level>[.*#-]) (?<msg>.*)$/;

export const readRedis = patternReader([layout], (sign) => signs[sign]);
