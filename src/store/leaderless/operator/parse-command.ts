import type { RingCommand } from "../../../core/ring-contract.js";

/** A command as it came over HTTP, or one sentence that says what is wrong with it. */
export function parseRingCommand(value: unknown): RingCommand | string {
  if (typeof value !== "object" || value === null) return 'a command is a JSON object, such as {"command": "plan"}';
  const { command, member, by, plan } = value as Readonly<Record<string, unknown>>;
  switch (command) {
    case "join":
    case "leave":
    case "force-remove":
    case "down":
      return isName(member) ? { command, member } : `${command} needs the name of a member, as "member"`;
    case "replace":
    case "force-replace":
      if (!isName(member) || !isName(by)) return `${command} needs the names of two members, as "member" and "by"`;
      return { command, member, by };
    case "plan":
    case "clear":
      return { command };
    case "commit":
      if (plan === undefined) return { command };
      return typeof plan === "string" ? { command, plan } : 'commit takes the id of a plan, as "plan", or nothing';
    default:
      return "the command is one of join, leave, force-remove, replace, force-replace, down, plan, commit, clear";
  }
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= 255;
}
