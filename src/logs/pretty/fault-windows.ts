/**
 * Which faults are in force on which node at a point of the story, as the agent's own records tell it, and in which lane of the margin each
 * is drawn. A lane is free again after its fault's last record.
 */
import type { LogRecord } from "../../core/log-record.js";
import { type FaultNews, faultNews } from "../fault-news.js";

/** Faults drawn side by side at the most; what else is in force shares one column after the lanes. */
export const mostLanes = 4;
/** Colours that faults take turns with, as many as margin.ts has; more than lanes, so that neighbours in a lane differ as well. */
const faultColours = 6;

/**
 * What a record shows in a lane. `open`, `close`: the record tells of the fault's start or end · `told`: it tells something else of it ·
 * `touched`: its node is under the fault · `passing`: it is not, the fault goes on elsewhere · `more`: its node is under a fault, or it tells
 * of one, that has no lane.
 */
export type Sign = "open" | "close" | "told" | "touched" | "passing" | "more";

export interface Mark {
  readonly sign: Sign;
  /** Its number, from 0; the same for one fault from its start to its end. */
  readonly colour: number;
}

/** One for each lane, from the left; undefined where the lane is empty. */
export type Marks = readonly (Mark | undefined)[];

export interface FaultWindows {
  /** Columns that were ever needed, at least one, so that a story with one fault stays where it is; never falls. */
  readonly columns: number;
  /** Another number whenever the marks of any node may be others. */
  readonly version: number;
  /** Beside a record of this node that tells of no fault. */
  marksOf(node: string): Marks;
  /** Undefined where the record tells of no fault; otherwise the story moves on past it, and these are the marks beside it. */
  move(record: LogRecord): Marks | undefined;
}

interface Window {
  readonly fault: string;
  nodes: ReadonlySet<string>;
  /** {@link mostLanes} where there was none free. */
  readonly lane: number;
  readonly colour: number;
}

export function createFaultWindows(): FaultWindows {
  const windows = new Map<string, Window>();
  let columns = 1;
  let version = 0;
  let nextColour = 0;

  function open(fault: string, nodes: readonly string[]): Window {
    const others = [...windows.values()].filter((window) => window.fault !== fault);
    let lane = 0;
    while (lane < mostLanes && others.some((window) => window.lane === lane)) lane++;
    let colour = nextColour;
    for (let tried = 0; tried < faultColours && others.some((window) => window.colour === colour); tried++) {
      colour = (colour + 1) % faultColours;
    }
    nextColour = (colour + 1) % faultColours;
    columns = Math.max(columns, lane + 1);
    const window = { fault, nodes: new Set(nodes), lane, colour };
    windows.set(fault, window);
    return window;
  }

  function marks(node: string, told: ReadonlyMap<Window, Sign>): Marks {
    const row = Array.from<Mark | undefined>({ length: columns });
    for (const window of new Set([...windows.values(), ...told.keys()])) {
      const { lane, colour, nodes } = window;
      const sign = told.get(window) ?? (nodes.has(node) ? "touched" : "passing");
      if (lane < mostLanes) row[lane] = { sign, colour };
      else if (sign !== "passing") row[lane] = { sign: "more", colour };
    }
    return row;
  }

  /** The windows of which the news tells, and how it is drawn there; undefined where it tells of none. */
  function tell(news: FaultNews): ReadonlyMap<Window, Sign> | undefined {
    const told = new Map<Window, Sign>();
    switch (news.is) {
      case "begun":
        return told.set(open(news.fault, news.nodes), "open");
      case "ended": {
        const window = windows.get(news.fault);
        // what was rolled back was never said to be in force
        if (news.wasRolledBack && window === undefined) return undefined;
        told.set(window ?? open(news.fault, news.nodes), "close");
        windows.delete(news.fault);
        return told;
      }
      case "narrowed":
        return told.set(
          renewed(news.fault, () => news.nodes),
          "told",
        );
      case "renewed":
        for (const fault of news.faults) {
          told.set(
            renewed(fault, (before) => [...before, ...news.nodes]),
            "told",
          );
        }
        return told;
      case "remaining":
        for (const window of windows.values()) if (!news.faults.includes(window.fault)) told.set(window, "close");
        for (const window of told.keys()) windows.delete(window.fault);
        return told;
      case "failed":
        return undefined;
    }
  }

  /** The fault's window with the nodes it has from now on; of one that began before the story, this is the first that is heard. */
  function renewed(fault: string, nodesFrom: (before: ReadonlySet<string>) => readonly string[]): Window {
    const window = windows.get(fault) ?? open(fault, []);
    window.nodes = new Set(nodesFrom(window.nodes));
    return window;
  }

  const nothing: ReadonlyMap<Window, Sign> = new Map();
  return {
    get columns() {
      return columns;
    },
    get version() {
      return version;
    },
    marksOf: (node) => marks(node, nothing),
    move(record) {
      const news = faultNews(record);
      const told = news && tell(news);
      if (told === undefined) return undefined;
      version++;
      return marks(record.node, told);
    },
  };
}
