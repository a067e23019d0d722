import type { Command } from "@oclif/core";
import { code, page, table } from "./markdown.js";

/** What of a command's class the reference tells; oclif fills in what a class leaves out only when it loads one. */
export type CommandDoc = Partial<
  Pick<Command.Class, "summary" | "description" | "examples" | "args" | "flags" | "enableJsonFlag">
>;

/** Every command, by what is typed (`chaos pause`), with its arguments, flags and examples. */
export async function commandsPage(commands: Readonly<Record<string, CommandDoc>>): Promise<string> {
  const ids = Object.keys(commands).sort();
  const sections = await Promise.all(ids.map((id) => commandSection(id, commands[id] as CommandDoc)));
  return page(
    "# Commands",
    "Durations are written `250ms`, `10s`, `1m30s`. Every command has `--help`. What exit codes mean: [exit codes and errors](exit-codes-and-errors.md).",
    "With `--json` stdout holds one JSON object (`logs`: one object a record), also for an error.",
    ...sections,
  );
}

async function commandSection(id: string, command: CommandDoc): Promise<string> {
  const args = Object.entries(command.args ?? {});
  const typed = args.map(([name, { required }]) => (required === true ? name.toUpperCase() : `[${name.toUpperCase()}]`));
  const examples = (command.examples ?? []).filter((example) => typeof example === "string");
  return page(
    `## ${id}`,
    [command.summary, command.description].filter((text) => text !== undefined).join(" "),
    code(["devious", id, ...typed, "[flags]"].join(" ")),
    args.length === 0 ? "" : table(["argument", "what"], args.map(([name, arg]) => [name.toUpperCase(), arg.description ?? ""])), // prettier-ignore
    await flagTable(command),
    ["```", ...examples.map((example) => example.replaceAll("<%= config.bin %>", "devious")), "```"].join("\n"),
  ).trimEnd();
}

async function flagTable({ flags = {}, enableJsonFlag = false }: CommandDoc): Promise<string> {
  const rows = await Promise.all(Object.entries(flags).map(([name, flag]) => flagRow(name, flag)));
  if (enableJsonFlag) rows.push([code("--json"), "Print the result as one JSON object.", ""]);
  return table(["flag", "what", "default"], rows);
}

async function flagRow(name: string, flag: Command.Class["flags"][string]): Promise<readonly string[]> {
  const value = flag.type === "option" ? ` ${flag.options?.join("|") ?? [flag.helpValue ?? "<value>"].flat().join(" ")}` : "";
  const long = flag.type === "boolean" && flag.allowNo === true ? `--[no-]${name}` : `--${name}`;
  const short = flag.char === undefined ? "" : `-${flag.char}, `;
  const required = flag.required === true ? " Required." : "";
  return [code(`${short}${long}${value}`), `${flag.description ?? ""}${required}`, await defaultOf(flag)];
}

async function defaultOf(flag: Command.Class["flags"][string]): Promise<string> {
  const told = "defaultHelp" in flag && typeof flag.defaultHelp === "function" ? await flag.defaultHelp({ flags: {}, options: flag }) : flag.default; // prettier-ignore
  return told === undefined || told === false ? "" : code(String(told === true ? "yes" : told));
}
