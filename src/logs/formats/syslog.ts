/** Lines that begin with a priority: RFC 5424, RFC 3164, and what daemons under systemd write (`<3>text`, sd-daemon(3)). */
import { levelOfSeverity } from "./levels.js";
import { patternReader } from "./pattern.js";
import { put, type Fields, type Said } from "./said.js";

const rfc5424 =
  /^<(?<level>\d{1,3})>1 (?:-|\d{4}-\d\d-\d\dT\S+) (?<host>\S{1,255}) (?<app>\S{1,48}) (?<pid>\S{1,128}) (?<event>\S{1,32}) (?<msg>.*)$/;
const rfc3164 =
  /^<(?<level>\d{1,3})>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:(?<host>[^\s:[\]]+) )?(?<app>[^\s:[\]]+)(?:\[(?<pid>\d+)\])?: ?(?<msg>.*)$/;
const bare = /^<(?<level>\d{1,3})>(?<msg>.*)$/;

const readModern = patternReader([rfc5424], levelOfPriority);
const readOlder = patternReader([rfc3164, bare], levelOfPriority);

export function readSyslog(text: string): Said | undefined {
  const modern = readModern(text);
  return modern === undefined ? readOlder(text) : withData(modern);
}

/** Facility times eight plus severity; facilities end at 23. */
function levelOfPriority(priority: string): ReturnType<typeof levelOfSeverity> {
  return Number(priority) > 191 ? undefined : levelOfSeverity(Number(priority) % 8);
}

const element = /\[([^\s=\]"]{1,32})((?: [^\s=\]"]{1,32}="(?:[^"\\\]]|\\.)*")*)\]/y;
const parameter = / ([^\s=\]"]+)="((?:[^"\\\]]|\\.)*)"/g;

/** Structured data as one field an element, `{"origin":{"ip":"192.0.2.1"}}`; text that is none stays in the message. */
function withData(said: Said): Said {
  if (said.msg === "-" || said.msg.startsWith("- ")) return { ...said, msg: withoutMark(said.msg.slice(2)) };
  const fields: Fields = { ...said.fields };
  let end = 0;
  element.lastIndex = 0;
  for (let match = element.exec(said.msg); match !== null; match = element.exec(said.msg)) {
    const values: Fields = {};
    for (const [, name = "", value = ""] of (match[2] ?? "").matchAll(parameter))
      put(values, name, value.replace(/\\(["\\\]])/g, "$1"));
    if (Object.hasOwn(fields, match[1] ?? "")) return said;
    put(fields, match[1] ?? "", values);
    end = element.lastIndex;
  }
  return end === 0 ? said : { ...said, msg: withoutMark(said.msg.slice(end).replace(/^ /, "")), fields };
}

/** RFC 5424 lets UTF-8 begin with a byte order mark. */
function withoutMark(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}
