/**
 * `npm run reference`: writes docs/reference/ from what the program itself says of its commands, its spec, its records and its errors (build first).
 * A unit test fails while a committed page says something else.
 */
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { commandsPage } from "../dist/cli/reference/commands.js";
import { errorsPage } from "../dist/cli/reference/errors.js";
import { logRecordPage } from "../dist/cli/reference/log-record.js";
import { specPage } from "../dist/cli/reference/spec.js";
import { logRecordJsonSchema } from "../dist/logs/record-schema.js";
import { jsonSchema } from "../dist/spec/json-schema.js";
import { filesUnder, root } from "./setup/checkout.js";

const folder = join(root, "dist/commands");
const commands = {};
for (const file of filesUnder(folder).filter((one) => one.endsWith(".js"))) {
  const typed = relative(folder, file).replace(/\.js$/, "").replaceAll("/", " ");
  commands[typed] = (await import(pathToFileURL(file).href)).default;
}
const pages = {
  commands: await commandsPage(commands),
  spec: specPage(jsonSchema()),
  "log-record": logRecordPage(logRecordJsonSchema()),
  "exit-codes-and-errors": errorsPage(),
};
for (const [name, text] of Object.entries(pages)) writeFileSync(join(root, "docs/reference", `${name}.md`), text);
