/** The links that a spec asks for: from the spec to what the agent is told, and what `up` has to do for them. */
import { type Impairment, noImpairment } from "../chaos/impairment.js";
import { type StandingLink, areSameLinks, describeStandingLink } from "../chaos/standing-link.js";
import { needsNetem } from "../chaos/tc-netem.js";
import type { ClusterSpec, LinkProfile } from "../spec/cluster-spec.js";
import { ledgerVolumeName } from "./names.js";
import { isUp } from "./observe.js";
import type { Observed } from "./observe.js";

export type LinkStep =
  | { readonly kind: "keep" }
  | {
      readonly kind: "set";
      readonly links: readonly StandingLink[];
      /** Null: nobody can say. */
      readonly before: readonly StandingLink[] | null;
      /** Whole clusters boot on plain links, since an election is as slow as they are. */
      readonly plainMeanwhile: boolean;
    };

/** `boots`: some nodes do. `before`: what the agent says is in force; null where it cannot say. */
export function planLinks(
  spec: ClusterSpec,
  observed: Observed,
  boots: boolean,
  before: readonly StandingLink[] | null,
): LinkStep {
  // `--nodes` may leave nobody at one end
  const links = spec.links.filter(({ nodes }) => nodes.every((end) => end.length > 0)).map(standingLink);
  const was = hasLedger(observed) ? before : [];
  const plainMeanwhile = boots && !observed.nodes.some(isUp) && was?.length !== 0;
  // where nothing is asked, nobody needs an agent that runs and does not answer
  const isSilent = was === null && observed.agent?.state === "running";
  const isAsAsked = isSilent ? links.length === 0 : was !== null && areSameLinks(was, links);
  return isAsAsked && !plainMeanwhile ? { kind: "keep" } : { kind: "set", links, before: was, plainMeanwhile };
}

/** Without one, no agent ever did anything here. */
function hasLedger({ name, agent, volumes }: Observed): boolean {
  return agent !== undefined || volumes.some((volume) => volume.name === ledgerVolumeName(name));
}

export function asksForNetem(step: LinkStep): boolean {
  return step.kind === "set" && step.links.some(({ impairment }) => needsNetem(impairment));
}

/** The step as sentences; none where all is found to be as asked. */
export function describeLinkStep(step: LinkStep): readonly string[] {
  if (step.kind === "keep") return [];
  const { links, before } = step;
  const old = before ?? [];
  const isAmong = (link: StandingLink, among: readonly StandingLink[]): boolean =>
    among.some((other) => areSameLinks([link], [other]));
  const sameEnds = (a: StandingLink, b: StandingLink): boolean => a.between.join() === b.between.join();
  return [
    ...old
      .filter((link) => !links.some((other) => sameEnds(link, other)))
      .map((link) => `no longer hold links ${describeStandingLink(link)}`),
    ...links
      .filter((link) => step.plainMeanwhile || !isAmong(link, old))
      .map((link) => {
        const verb = old.some((other) => sameEnds(link, other)) && !isAmong(link, old) ? "change" : "make";
        return `${verb} links ${describeStandingLink(link)}`;
      }),
  ];
}

function standingLink(profile: LinkProfile): StandingLink {
  const { between, nodes } = profile;
  return { between, nodes, impairment: impairmentOf(profile) };
}

function impairmentOf({ delayMs, jitterMs, loss, rateBits }: LinkProfile): Impairment {
  return {
    ...noImpairment,
    delay: delayMs === 0 ? null : { timeMs: delayMs, jitterMs, correlation: 0, distribution: "normal" },
    // shares are read from percentages, and are to be them again
    loss: loss === 0 ? null : { model: "random", percent: Number((100 * loss).toFixed(7)), correlation: 0 },
    rate: rateBits === null ? null : { bitsPerSecond: rateBits, burstBytes: null },
  };
}
