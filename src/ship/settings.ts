/** What the CLI has told the shipper, in its environment. */
import { z } from "zod";
import { shipEnv, shipperNode } from "../core/ship-contract.js";

export interface Settings {
  readonly cluster: string;
  readonly otlp: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Nodes of which nothing is sent: the shipper itself, and the receiver. */
  readonly except: ReadonlySet<string>;
}

const schema = z.object({
  [shipEnv.cluster]: z.string().min(1),
  [shipEnv.otlp]: z.url({ protocol: /^https?$/ }),
  [shipEnv.headers]: z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: "custom", message: "is no JSON" });
        return z.NEVER;
      }
    })
    .pipe(z.record(z.string(), z.string()))
    .optional(),
  [shipEnv.receiver]: z.string().optional(),
});

/** A text where something is missing or wrong: which variable. Never its value, which may be a secret. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings | string {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    const wrong = [...new Set(parsed.error.issues.map(({ path }) => String(path[0])))];
    return `${wrong.join(", ")} is not as the CLI writes it: the shipper does not know what to do`;
  }
  const { [shipEnv.cluster]: cluster, [shipEnv.otlp]: otlp, [shipEnv.headers]: headers = {} } = parsed.data;
  const receiver = parsed.data[shipEnv.receiver] ?? "";
  return { cluster, otlp, headers, except: new Set([shipperNode, ...(receiver === "" ? [] : [receiver])]) };
}
