/** A written spec as text. */
import { Document, isMap, isScalar } from "yaml";
import type { WrittenSpec } from "./written.js";

/** `file`: the compose file that it is made from, for the comment on top. */
export function specText(spec: WrittenSpec, file: string): string {
  const document = new Document(spec, { aliasDuplicateObjects: false });
  document.commentBefore = ` Made from ${oneLine(file)} by \`devious init --from\`; docs/compose.md says what means something else here.`;
  const services: unknown = document.get("services");
  // a gap between services, as people write them
  if (isMap(services)) {
    for (const [i, { key }] of services.items.entries()) if (i > 0 && isScalar(key)) key.spaceBefore = true;
  }
  return document.toString({ lineWidth: 0 });
}

/** A comment ends with its line. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
}
