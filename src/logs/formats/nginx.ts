/** nginx's access log (also Apache's: common and combined) and its error log (ngx_http_log_module, ngx_log.c). */
import type { Level } from "../../core/log-record.js";
import { levelOf } from "./levels.js";
import { patternReader } from "./pattern.js";
import { put, type Fields, type Said } from "./said.js";

const access =
  /^(?<client>[^\s[\]"]{1,255}) - (?<user>[^[\]"]{1,255}) \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "(?<msg>[^"]*)" (?<status>\d{3}) (?<bytes>\d+|-)(?: "(?<referer>[^"]*)" "(?<userAgent>[^"]*)"(?: "(?<forwardedFor>[^"]*)")?)?$/;
const error =
  /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[(?<level>[a-z]+)\] (?<pid>\d+)#(?<tid>\d+): (?:\*(?<connection>\d+) )?(?<msg>.*)$/;

const readAccess = patternReader([access], (_, { status }) => levelOfStatus(Number(status)));
const readError = patternReader([error], levelOf);

export function readNginx(text: string): Said | undefined {
  const said = readAccess(text);
  if (said !== undefined) return said;
  const failed = readError(text);
  return failed === undefined ? undefined : withContext(failed);
}

/** The server's own failures are errors, refused requests are worth a look. */
function levelOfStatus(status: number): Level {
  if (status >= 500) return "error";
  return status >= 400 ? "warn" : "info";
}

const contextStart = /, client: /;
const context = /, (client|server|request|subrequest|upstream|host|referrer): (?:"([^"]*)"|([^",]*))/y;

/** What nginx adds to a message while it serves somebody, as fields; all of it stays in the message where any of it is unknown. */
function withContext(said: Said): Said {
  const start = contextStart.exec(said.msg)?.index;
  if (start === undefined) return said;
  const fields: Fields = { ...said.fields };
  context.lastIndex = start;
  for (;;) {
    const at = context.lastIndex;
    const match = context.exec(said.msg);
    if (match === null) return at === said.msg.length ? { ...said, msg: said.msg.slice(0, start), fields } : said;
    put(fields, match[1] ?? "", match[2] ?? match[3] ?? "");
  }
}
