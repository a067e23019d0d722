/** What is done with the logs of the cluster. */
import { z } from "zod";
import { mapping, text, unless } from "./fields.js";
import { problemWithHeader, problemWithOtlp, problemWithTemplate } from "./shipping.js";

const ship = mapping(
  {
    otlp: z
      .string({ error: "must be text: a receiver's URL, such as http://localhost:4318" })
      .superRefine(unless(problemWithOtlp))
      .meta({ pattern: "^https?://[^\\s/@?#]+(/[^\\s?#]*)?$" })
      .describe(
        "Base URL of an OTLP/HTTP receiver. `localhost` is the engine's machine; a node of the cluster is known by its name.",
      ),
    headers: z
      .record(z.string().superRefine(unless(problemWithHeader)), text.superRefine(unless(problemWithTemplate)), {
        error: (issue) =>
          issue.code === "invalid_key"
            ? issue.issues[0]?.message
            : 'must be a mapping such as { Authorization: "Bearer ${TOKEN}" }',
      })
      .optional()
      .describe("HTTP headers to send along. `${NAME}` is a variable of the environment of `devious up`, `$$` a dollar."),
  },
  "such as { otlp: http://localhost:4318 }",
).describe("Sends every record of the cluster's logs to a receiver of OpenTelemetry logs, while the cluster is up.");

export const logging = mapping({ ship: ship.optional() }, "with ship").describe("What is done with the logs of the cluster.");
