import type { Bucket, Content, Link, Sibling } from "../../leaderless/api.js";
import { indexFieldFault } from "../index-fields.js";
import { HttpRefusal } from "./message.js";
import type { Header, HttpRequest } from "./message.js";
import type { PathStyle } from "./asked.js";
import { bucketPath, decoded, encoded, keyPath } from "./path.js";

const metaPrefix = "x-riak-meta-";
const indexPrefix = "x-riak-index-";

/** What a request wants written. Throws {@link HttpRefusal}. */
export function contentOfRequest({ headers, body }: HttpRequest, bucket: Bucket): Content {
  const type = headers.get("content-type");
  if (type === undefined) throw new HttpRefusal(400, "Missing Content-Type request header\n");
  const [contentType = "", ...parameters] = type.split(";").map((part) => part.trim());
  if (!/^[^/\s]+\/[^/\s]+$/.test(contentType))
    throw new HttpRefusal(415, `"${contentType}" is not a valid media type for the Content-type header.\n`);
  const charset = parameters.find((each) => each.toLowerCase().startsWith("charset="))?.slice("charset=".length);
  const contentEncoding = headers.get("content-encoding");
  const prefixed = (prefix: string): Header[] =>
    [...headers].flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : []));
  const indexes = prefixed(indexPrefix).flatMap(([name, terms]) => terms.split(/,\s*/).map((term) => [name, term] as const));
  const faults = indexes.filter(([name, term]) => indexFieldFault(name, term) !== undefined);
  if (faults.length > 0) throw new HttpRefusal(400, faults.map(([name, term]) => indexText(name, term)).join(""));
  const links = linksOf(headers.get("link") ?? "", bucket);
  return { value: body, contentType, charset, contentEncoding, userMeta: prefixed(metaPrefix), indexes, links };
}

function indexText(name: string, term: string): string {
  if (name.endsWith("_int")) return `Could not parse field '${name}', value '${term}'.\n`;
  return `Unknown field type for field: '${name}'.\n`;
}

const ofBucket = /^<(?:\/types\/([^/>]+))?\/(?:buckets|riak)\/([^/>]+)>; ?rel="([^"]+)"$/;
const ofKey = /^<(?:\/types\/([^/>]+))?\/(?:buckets\/([^/>]+)\/keys|riak\/([^/>]+))\/([^/>]+)>; ?riaktag="([^"]+)"$/;

/** Links stay within a bucket type. The one to the bucket itself says nothing, as every answer has it. */
function linksOf(header: string, { type, bucket }: Bucket): Link[] {
  const parts = header.split(",").map((part) => part.trim());
  return parts
    .filter((part) => part !== "")
    .flatMap((part) => {
      const isOwn = (itsType: string | undefined): boolean => itsType === undefined || decoded(itsType) === type;
      const [key, keyType, itsBucket, oldBucket, name, tag] = ofKey.exec(part) ?? [];
      if (key !== undefined && isOwn(keyType))
        return [{ bucket: decoded(itsBucket ?? oldBucket), key: decoded(name), tag: decoded(tag) }];
      const [up, bucketType, container, rel] = ofBucket.exec(part) ?? [];
      if (up !== undefined && isOwn(bucketType) && decoded(container) === bucket && rel === "up") return [];
      throw new HttpRefusal(400, 'Invalid Link header. Links must be of the form\n</buckets/BUCKET/keys/KEY>; riaktag="TAG"\n');
    });
}

/** What is said of a value before it; other objects are named in the style in which the client named this one. */
export function siblingHeaders(sibling: Sibling, bucket: Bucket, style: PathStyle): Header[] {
  const { contentType = "application/octet-stream", charset, contentEncoding, userMeta, indexes, links } = sibling;
  const headers: Header[] = [
    ["Content-Type", charset === undefined ? contentType : `${contentType}; charset=${charset}`],
    ["ETag", `"${sibling.vtag}"`],
    ["Last-Modified", new Date(sibling.lastModifiedMs).toUTCString()],
  ];
  if (contentEncoding !== undefined) headers.push(["Content-Encoding", contentEncoding]);
  const pathOf = ({ bucket: of, key }: Link): string => keyPath({ ...bucket, bucket: of }, key, style);
  const keyLinks = links.map((link) => `<${pathOf(link)}>; riaktag="${encoded(link.tag)}"`);
  headers.push(["Link", [...keyLinks, `<${bucketPath(bucket, style)}>; rel="up"`].join(", ")]);
  for (const [name, value] of userMeta) headers.push([`X-Riak-Meta-${name}`, value]);
  for (const [name, terms] of termsOf(indexes)) headers.push([`X-Riak-Index-${name}`, terms.join(", ")]);
  if (sibling.isTombstone) headers.push(["X-Riak-Deleted", "true"]);
  return headers.filter(([name, value]) => isLegal(name, value));
}

function termsOf(indexes: Content["indexes"]): Map<string, string[]> {
  const all = new Map<string, string[]>();
  for (const [name, term] of indexes) all.set(name, [...(all.get(name) ?? []), term]);
  return all;
}

/** Protocol buffers may have written what no header can say: line ends would begin headers of somebody's own. */
function isLegal(name: string, value: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value);
}
