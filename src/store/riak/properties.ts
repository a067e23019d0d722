import type { BucketProperties, DataTypeName } from "../leaderless/api.js";
import { binaryTerm } from "../leaderless/crdt/errors.js";
import type { Given, Message } from "../wire/schema.js";
import type { RpbBucketProps } from "./bucket-messages.js";
import { Refusal } from "./call.js";
import { quorumNumber, quorumOf } from "./quorums.js";

type Fields = typeof RpbBucketProps extends Message<infer T> ? T : never;

/** Functions in Riak's own code, which all its buckets name unless somebody changed that. */
const chashKeyfun = { module: "riak_core_util", function: "chash_std_keyfun" };
const linkfun = { module: "riak_kv_wm_link_walker", function: "mapreduce_linkfun" };

export function propertiesFields(properties: BucketProperties): Given<Fields> {
  const { nVal, allowMult, lastWriteWins, basicQuorum, notfoundOk, consistent, datatype } = properties;
  const { oldVclock, youngVclock, bigVclock, smallVclock } = properties;
  return {
    nVal,
    allowMult,
    lastWriteWins,
    hasPrecommit: true,
    hasPostcommit: true,
    chashKeyfun,
    linkfun,
    oldVclock,
    youngVclock,
    bigVclock,
    smallVclock,
    pr: quorumNumber(properties.pr),
    r: quorumNumber(properties.r),
    w: quorumNumber(properties.w),
    pw: quorumNumber(properties.pw),
    dw: quorumNumber(properties.dw),
    rw: quorumNumber(properties.rw),
    basicQuorum,
    notfoundOk,
    search: false,
    consistent,
    datatype,
    hllPrecision: datatype === "hll" ? properties.hllPrecision : undefined,
  };
}

/** Those that are to be changed. Throws {@link Refusal} at what this store cannot do. */
export function propertiesOf(fields: Fields): Partial<BucketProperties> {
  const refused = unsupportedIn(fields);
  if (refused.length > 0)
    throw new Refusal(`Invalid bucket properties: [${refused.map((name) => `{${name},not_supported}`).join(",")}]`);
  const { nVal, allowMult, lastWriteWins, basicQuorum, notfoundOk, consistent, hllPrecision } = fields;
  const { oldVclock, youngVclock, bigVclock, smallVclock } = fields;
  const properties = {
    nVal,
    allowMult,
    lastWriteWins,
    oldVclock,
    youngVclock,
    bigVclock,
    smallVclock,
    pr: quorumOf(fields.pr),
    r: quorumOf(fields.r),
    w: quorumOf(fields.w),
    pw: quorumOf(fields.pw),
    dw: quorumOf(fields.dw),
    rw: quorumOf(fields.rw),
    basicQuorum,
    notfoundOk,
    consistent,
    datatype: fields.datatype === undefined ? undefined : dataTypeNamed(fields.datatype),
    hllPrecision,
  };
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

const dataTypeNames: readonly string[] = ["counter", "set", "map", "hll", "gset"] satisfies readonly DataTypeName[];

function dataTypeNamed(name: string): DataTypeName {
  if (!dataTypeNames.includes(name))
    throw new Refusal(`Invalid bucket properties: [{datatype,${binaryTerm(name)},not_supported}]`);
  return name as DataTypeName;
}

/** What clients send because they were sent it changes nothing, and is no reason to refuse. */
function unsupportedIn(fields: Fields): string[] {
  const asked = {
    precommit: fields.precommit.length > 0,
    postcommit: fields.postcommit.length > 0,
    chash_keyfun: fields.chashKeyfun !== undefined && fields.chashKeyfun.function !== chashKeyfun.function,
    linkfun: fields.linkfun !== undefined && fields.linkfun.function !== linkfun.function,
    backend: fields.backend !== undefined,
    search: fields.search === true,
    search_index: fields.searchIndex !== undefined,
    write_once: fields.writeOnce === true,
  };
  return Object.entries(asked).flatMap(([name, is]) => (is ? [name] : []));
}
