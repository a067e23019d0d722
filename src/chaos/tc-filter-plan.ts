/** From the filters that stand to those that are wanted (tc-u32(8)): what is right already is not touched. */
import type { Selector } from "./tc-filters.js";
import type { Filter } from "./tc-state.js";

/** A filter to be. */
export interface WantedFilter {
  readonly selector: Selector;
  /** What it does to its packets, in tc's words, e.g. `flowid de71:2`. */
  readonly action: string;
  /** The same as `resultOf` tells it of a filter that stands. */
  readonly result: string;
}

/**
 * The lines that add what is missing and those that remove what is too much, for filters `at` a place (`dev eth0 parent de71:`). Added before
 * removed, no packet slips through in between.
 */
export function planFilters(
  at: string,
  wanted: readonly WantedFilter[],
  current: readonly Filter[],
  resultOf: (filter: Filter) => string,
): { readonly add: readonly string[]; readonly remove: readonly string[] } {
  const spell = (key: string, result: string): string => `${key} -> ${result}`;
  const asked = new Set(wanted.map(({ selector, result }) => spell(selector.key, result)));
  const standing = new Set<string>();
  const superfluous = current.filter((filter) => {
    const spelt = spell(filter.key, resultOf(filter));
    const keep = asked.has(spelt) && !standing.has(spelt);
    if (keep) standing.add(spelt);
    return !keep;
  });
  return {
    add: wanted
      .filter(({ selector, result }) => !standing.has(spell(selector.key, result)))
      .map(
        ({ selector: { etherType, priority, text }, action }) =>
          `filter add ${at} protocol ${etherType} prio ${priority} u32 ${text} ${action}`,
      ),
    remove: superfluous.map(
      ({ etherType, priority, handle }) => `filter del ${at} protocol ${etherType} prio ${priority} handle ${handle} u32`,
    ),
  };
}
