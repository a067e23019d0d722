/** What a node of the leaderless store and those who look after its bucket types have to agree on. */

/**
 * On the client port of a node. `GET` tells a {@link BucketTypesView}; `POST` takes a {@link BucketTypeCommand} as JSON and answers with a
 * {@link BucketTypeAnswer}, with status 200, or 400, 404 and 409 for what it says is in the way.
 */
export const bucketTypesPath = "/types";

/** Properties by Riak's names: `datatype`, `n_val`, `allow_mult`, … */
export type BucketTypeProps = Readonly<Record<string, unknown>>;

/** As one node knows them, by name, the default type among them. */
export interface BucketTypesView {
  readonly node: string;
  readonly types: readonly BucketTypeView[];
}

export interface BucketTypeView {
  readonly name: string;
  /** In Riak's words: `created` until every member knows it, `ready` from then on, `active` once that was asked for. */
  readonly status: "created" | "ready" | "active";
  /** Members that do not know it yet, or of whom nobody has said so: none once it is ready. */
  readonly waitsFor: readonly string[];
  /** All that hold, those that nobody has set included. */
  readonly props: BucketTypeProps;
}

/** What administrators ask, as with `riak-admin bucket-type`. A type is made anew until it is active, and is there for good from then on. */
export type BucketTypeCommand =
  | { readonly command: "create" | "update"; readonly type: string; readonly props: BucketTypeProps }
  | { readonly command: "activate"; readonly type: string };

/** `why`: one sentence. `invalid`: no command, or no properties; `unknown`: there is no such type; `refused`: the store cannot do it, or not now. */
export type BucketTypeAnswer =
  | { readonly ok: true; readonly type: BucketTypeView }
  | { readonly ok: false; readonly reason: "invalid" | "unknown" | "refused"; readonly why: string };
