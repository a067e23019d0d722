import type { ChalkInstance } from "chalk";

/** What partitions are drawn from. */
export interface Cells {
  readonly owners: readonly string[];
  /** The owners to come; null: they stay. */
  readonly nextOwners: readonly string[] | null;
  /** In the order in which they have their colours. */
  readonly members: readonly string[];
  /** Who some or all cannot reach. */
  readonly troubled: ReadonlySet<string>;
}

export interface Paper {
  /** Columns of the terminal. */
  readonly width: number;
  readonly chalk: ChalkInstance;
}

/** A short name for each member, all of one length: its number where all are one word with numbers, else a letter. */
export function signsOf(members: readonly string[]): ReadonlyMap<string, string> {
  const words = new Set(members.map((member) => member.replace(/\d+$/, "")));
  const numbers = members.map((member) => /\d+$/.exec(member)?.[0]);
  const isNumbered = words.size === 1 && numbers.every((number) => number !== undefined);
  const signs = members.map((_, i) => (isNumbered ? (numbers[i] ?? "") : letters(i)));
  const length = Math.max(0, ...signs.map((sign) => sign.length));
  return new Map(members.map((member, i) => [member, (signs[i] ?? "").padStart(length)]));
}

/** a … z, aa, ab … */
function letters(index: number): string {
  const last = String.fromCharCode("a".charCodeAt(0) + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}

/** Each member in a colour of its own, as far as there are any. Without colours it is left as it is. */
export function paintOf(chalk: ChalkInstance, index: number): (text: string) => string {
  const paints = [
    chalk.bgCyan.black,
    chalk.bgYellow.black,
    chalk.bgGreen.black,
    chalk.bgMagenta.black,
    chalk.bgBlue.white,
    chalk.bgWhite.black,
    chalk.bgCyanBright.black,
    chalk.bgYellowBright.black,
    chalk.bgGreenBright.black,
    chalk.bgMagentaBright.black,
    chalk.bgBlueBright.black,
  ];
  return paints[index % paints.length] ?? chalk.reset;
}

/** Above this many a ring is drawn without room between its cells. */
const roomyMost = 128;

/**
 * The partitions in rows, a power of two in each, with the number of the first in front. Below a row those that get another owner. `!` stands
 * before an owner in trouble.
 */
export function drawCells({ owners, nextOwners, members, troubled }: Cells, { width, chalk }: Paper): readonly string[] {
  const signs = signsOf(members);
  const length = Math.max(1, ...[...signs.values()].map((sign) => sign.length));
  const margin = String(owners.length - 1).length + 2;
  const isRoomy = owners.length <= roomyMost;
  const cellWidth = isRoomy ? length + 2 : length + 1;
  const perRow = Math.max(4, 2 ** Math.floor(Math.log2(Math.max(1, Math.min(64, (width - margin) / cellWidth)))));
  const cell = (owner: string): string => {
    const mark = troubled.has(owner) ? "!" : " ";
    const text = `${mark}${signs.get(owner) ?? "?".padStart(length)}${isRoomy ? " " : ""}`;
    const index = members.indexOf(owner);
    return index === -1 ? text : paintOf(chalk, index)(text);
  };
  const rows: string[] = [];
  for (let first = 0; first < owners.length; first += perRow) {
    const row = owners.slice(first, first + perRow);
    rows.push(`${chalk.dim(String(first).padStart(margin - 1))} ${row.map(cell).join("")}`);
    const next = row.map((owner, i) => {
      const after = nextOwners?.[first + i];
      return after === undefined || after === owner ? undefined : after;
    });
    if (next.every((after) => after === undefined)) continue;
    const cells = next.map((after) => (after === undefined ? " ".repeat(cellWidth) : cell(after)));
    rows.push(`${chalk.dim("->".padStart(margin - 1))} ${cells.join("")}`.trimEnd());
  }
  return rows;
}
