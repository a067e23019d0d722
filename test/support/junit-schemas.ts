import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { XmlDocument, XsdValidator, type XmlElement } from "libxml2-wasm";

const schemas = ["ant", "jenkins"].map((name) => {
  const text = readFileSync(fileURLToPath(new URL(`../golden/ci/${name}-junit.xsd`, import.meta.url)), "utf8");
  return XsdValidator.fromDoc(XmlDocument.fromString(text));
});

/** Reads a report as every reader of JUnit XML does: libxml2, and the schemas of Ant and Jenkins. Throws what they have against it. */
export function readJUnit<T>(xml: string, look: (root: XmlElement) => T): T {
  const document = XmlDocument.fromString(xml);
  try {
    for (const schema of schemas) schema.validate(document);
    return look(document.root);
  } finally {
    document.dispose();
  }
}
