import type { BucketTypesView, BucketTypeView } from "../../core/bucket-types-contract.js";
import type { Asked } from "./cluster-ring.js";

/** A bucket type as all nodes that answer see it. */
export interface ClusterBucketType extends BucketTypeView {
  /** Nodes that know less of it than others: not at all, as not active, or with other properties. */
  readonly behind: readonly string[];
}

const stages = ["created", "ready", "active"] as const;

/** By name. Of what nodes see differently, the furthest counts, and of that what `teller` says, where it is one of them. */
export function clusterBucketTypes(asked: readonly Asked<BucketTypesView>[], teller?: string): readonly ClusterBucketType[] {
  const views = asked.flatMap(({ view }) => (view === null ? [] : [view]));
  const names = [...new Set(views.flatMap(({ types }) => types.map(({ name }) => name)))].sort();
  return names.map((name) => {
    const seen = views.map(({ node, types }) => ({ node, type: types.find((type) => type.name === name) }));
    const told = seen.flatMap(({ node, type }) => (type === undefined ? [] : [{ node, type }]));
    const furthest = Math.max(...told.map(({ type }) => stages.indexOf(type.status)));
    const best = told.filter(({ type }) => stages.indexOf(type.status) === furthest);
    const { type } = (best.find(({ node }) => node === teller) ?? best[0]) as (typeof told)[number];
    return { ...type, behind: seen.filter((each) => !isSame(each.type, type)).map(({ node }) => node) };
  });
}

function isSame(a: BucketTypeView | undefined, { status, props }: BucketTypeView): boolean {
  return a?.status === status && JSON.stringify(a.props) === JSON.stringify(props);
}
