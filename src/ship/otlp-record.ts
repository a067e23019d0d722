/**
 * A record of a cluster as OpenTelemetry has it ("Logs Data Model"), with the names of its semantic conventions: resource attributes
 * `service.name`, `service.namespace` (the cluster) and `service.instance.id` (the node), record attributes `log.iostream` and
 * `event.name`. What no convention has a name for is called `devious.…`. Whatever else a line said is an attribute under its own name.
 */
import type { HrTime } from "@opentelemetry/api";
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { label } from "../core/labels.js";
import type { Level, LogRecord } from "../core/log-record.js";

type Attributes = ReadableLogRecord["attributes"];

/** The data model's numbers: the first of each range. */
const severityNumbers: Readonly<Record<Level, NonNullable<ReadableLogRecord["severityNumber"]>>> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  fatal: 21,
};

/** Who says it is one of ours, where no service of the user's does. */
const ourService = "devious";

const scope = { name: "devious" };

/** One object for each node: the exporter groups records by it. */
export function createResources(): (record: LogRecord) => Resource {
  const known = new Map<string, Resource>();
  return ({ cluster, service, node }) => {
    const key = `${service} ${node}`;
    let resource = known.get(key);
    if (resource === undefined) {
      resource = resourceFromAttributes({
        "service.name": service === "" ? ourService : service,
        "service.namespace": cluster,
        "service.instance.id": node,
        [label.cluster]: cluster,
        [label.node]: node,
      });
      known.set(key, resource);
    }
    return resource;
  };
}

/** Time and observed time are both the engine's: nobody saw the record before. */
export function toOtlp(record: LogRecord, resource: Resource): ReadableLogRecord {
  const { ts, level, event, msg } = record;
  const time = hrTimeOf(ts);
  return {
    hrTime: time,
    hrTimeObserved: time,
    severityNumber: severityNumbers[level],
    severityText: level,
    body: msg,
    ...(event === "" ? {} : { eventName: event }),
    resource,
    instrumentationScope: scope,
    attributes: attributesOf(record),
    droppedAttributesCount: 0,
  };
}

function attributesOf({ stream, event, fields, seq, flags }: LogRecord): Attributes {
  const ours: Attributes = {
    "log.iostream": stream,
    "devious.seq": seq,
    ...(event === "" ? {} : { "event.name": event }),
    ...(flags === undefined ? {} : { "devious.flags": [...flags] }),
  };
  const said = Object.entries(fields).map(([name, value]) => {
    // a line may say anything, under any name
    const key = Object.hasOwn(ours, name) ? `devious.field.${name}` : name;
    return [key, asAttribute(value, 1)] as const;
  });
  return { ...Object.fromEntries(said), ...ours };
}

/** Receivers refuse messages that are nested more than 100 deep (protobuf's own limit), and a level of a value is three of a message's. */
const deepest = 16;

/** As the exporter can encode it: what it has no type for, and what is nested too deeply, as text. */
function asAttribute(value: unknown, depth: number): Attributes[string] {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
    case "undefined":
      return value;
    case "object":
      if (value === null) return value;
      if (depth === deepest) return asText(value);
      if (Array.isArray(value)) return value.map((item: unknown) => asAttribute(item, depth + 1));
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asAttribute(item, depth + 1)]));
    default:
      return String(value);
  }
}

function asText(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "(nested too deeply)";
  }
}

/** Seconds and nanoseconds since 1970. A line without a stamp is of 1970, which OTLP has for "unknown". */
function hrTimeOf(ts: string): HrTime {
  const seconds = Date.parse(`${ts.slice(0, 19)}Z`) / 1000;
  return seconds < 0 ? [0, 0] : [seconds, Number(ts.slice(20, 29))];
}
