/** Colours as the text before and the text after, worked out once: asking chalk for every word would cost more than all the rest. */
import type { ChalkInstance } from "chalk";
import type { Level } from "../../core/log-record.js";

export interface Style {
  readonly open: string;
  readonly close: string;
}

export const plain: Style = { open: "", close: "" };

export function styleOf(paint: ChalkInstance): Style {
  const [open = "", close = ""] = paint("\0").split("\0");
  return { open, close };
}

export function levelStyles(chalk: ChalkInstance): Readonly<Record<Level, Style>> {
  return {
    trace: styleOf(chalk.dim),
    debug: styleOf(chalk.dim),
    info: styleOf(chalk.green),
    warn: styleOf(chalk.yellow),
    error: styleOf(chalk.red),
    fatal: styleOf(chalk.bgRed.white),
  };
}

/**
 * A colour by the hash of the name, the next free one where it is taken. The hash puts names that differ in their last
 * digit side by side, so that the nodes of one service never collide while there are colours left.
 */
export function nodeStyles(chalk: ChalkInstance): (node: string) => Style {
  const palette = [
    chalk.cyan,
    chalk.green,
    chalk.magenta,
    chalk.yellow,
    chalk.blue,
    chalk.cyanBright,
    chalk.greenBright,
    chalk.magentaBright,
    chalk.yellowBright,
    chalk.blueBright,
  ].map((paint) => styleOf(paint));
  const slotOf = new Map<string, number>();
  return (node) => {
    let slot = slotOf.get(node);
    if (slot === undefined) {
      slot = hash(node) % palette.length;
      const taken = new Set(slotOf.values());
      for (let tried = 0; taken.has(slot) && tried < palette.length; tried++) slot = (slot + 1) % palette.length;
      slotOf.set(node, slot);
    }
    return palette[slot] ?? plain;
  };
}

function hash(name: string): number {
  let value = 0;
  for (let i = 0; i < name.length; i++) value = (Math.imul(value, 31) + name.charCodeAt(i)) >>> 0;
  return value;
}
