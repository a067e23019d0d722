/** Draws the windows of faults: one column a lane, in the fault's colour. */
import type { ChalkInstance } from "chalk";
import type { Marks, Sign } from "./fault-windows.js";
import { type Style, styleOf } from "./style.js";

const boxes: Readonly<Record<Sign, string>> = { open: "┏", close: "┗", told: "┣", touched: "┃", passing: "│", more: "+" };
const letters: Readonly<Record<Sign, string>> = { open: ".", close: "'", told: "|", touched: "|", passing: ":", more: "+" };

/** What is drawn beside the further rows of a wrapped record: a bar that begins goes on, one that ended does not. */
const below: Readonly<Record<Sign, Sign | undefined>> = {
  open: "touched",
  close: undefined,
  told: "touched",
  touched: "touched",
  passing: "passing",
  more: undefined,
};

export interface Margin {
  /** As wide as there are marks. */
  draw(marks: Marks): string;
  drawBelow(marks: Marks): string;
}

export function createMargin(chalk: ChalkInstance, ascii: boolean): Margin {
  const signs = ascii ? letters : boxes;
  const hues = [chalk.red, chalk.yellow, chalk.magenta, chalk.cyan, chalk.blue, chalk.green];
  const strong = hues.map((hue) => styleOf(hue));
  const faint = hues.map((hue) => styleOf(hue.dim));
  const column = (sign: Sign | undefined, colour: number): string => {
    if (sign === undefined) return " ";
    const style: Style | undefined = (sign === "passing" ? faint : strong)[colour];
    return style === undefined ? signs[sign] : style.open + signs[sign] + style.close;
  };
  return {
    draw: (marks) => Array.from(marks, (mark) => column(mark?.sign, mark?.colour ?? 0)).join(""),
    drawBelow: (marks) => Array.from(marks, (mark) => column(mark && below[mark.sign], mark?.colour ?? 0)).join(""),
  };
}
