import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { isIPv4 } from "node:net";
import type { KeyPair } from "../../workspace/tls-folder.js";
import { bits, explicit, implicit, integer, objectId, octets, sequence, set, time, utf8, yes } from "./der.js";

/** What a certificate is good for. */
export type Purpose = "authority" | "server" | "client";

const dayMs = 24 * 60 * 60 * 1000;
const validMs = 10 * 365 * dayMs;

const ecdsaWithSha256 = sequence(objectId("1.2.840.10045.4.3.2"));
const commonName = objectId("2.5.4.3");

export function makeAuthority(subject: string, nowMs: number): KeyPair {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return certify({ subject, purpose: "authority", names: [], nowMs, subjectKey: privateKey }, { subject, key: privateKey });
}

/** `names`: host names and IPv4 addresses, for servers. `issuer`: the subject of `authority`. */
export function makeCertificate(
  asked: { readonly subject: string; readonly purpose: "server" | "client"; readonly names: readonly string[] },
  authority: KeyPair,
  issuer: string,
  nowMs: number,
): KeyPair {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return certify({ ...asked, nowMs, subjectKey: privateKey }, { subject: issuer, key: createPrivateKey(authority.key) });
}

interface Asked {
  readonly subject: string;
  readonly purpose: Purpose;
  readonly names: readonly string[];
  readonly nowMs: number;
  readonly subjectKey: KeyObject;
}

/** A certificate of version 3 (RFC 5280, 4.1), for ten years from the day before, since clocks differ. */
function certify({ subject, purpose, names, nowMs, subjectKey }: Asked, issuer: { subject: string; key: KeyObject }): KeyPair {
  const publicKey = createPublicKey(subjectKey).export({ type: "spki", format: "der" });
  const issuerKey = createPublicKey(issuer.key).export({ type: "spki", format: "der" });
  const unsigned = sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(randomBytes(16)),
    ecdsaWithSha256,
    nameOf(issuer.subject),
    sequence(time(nowMs - dayMs), time(nowMs + validMs)),
    nameOf(subject),
    publicKey,
    explicit(3, sequence(...extensions(purpose, names, idOf(publicKey), idOf(issuerKey)))),
  );
  const certificate = sequence(unsigned, ecdsaWithSha256, bits(sign("sha256", unsigned, issuer.key)));
  return { cert: pemOf(certificate), key: subjectKey.export({ type: "pkcs8", format: "pem" }) as string };
}

const nameOf = (text: string): Uint8Array => sequence(set(sequence(commonName, utf8(text))));

/** Whichever way: it only has to tell keys apart (RFC 7093). */
const idOf = (publicKey: Uint8Array): Uint8Array => createHash("sha256").update(publicKey).digest().subarray(0, 20);

function extensions(purpose: Purpose, names: readonly string[], id: Uint8Array, issuerId: Uint8Array): readonly Uint8Array[] {
  return [
    extension("2.5.29.14", octets(id)),
    extension("2.5.29.35", sequence(implicit(0, issuerId))),
    ...(purpose === "authority"
      ? // may sign certificates and lists of revoked ones
        [critical("2.5.29.19", sequence(yes)), critical("2.5.29.15", bits(Buffer.of(0x06), 1))]
      : [
          critical("2.5.29.15", bits(Buffer.of(0x80), 7)),
          extension("2.5.29.37", sequence(objectId(purpose === "server" ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2"))),
        ]),
    ...(names.length === 0 ? [] : [extension("2.5.29.17", sequence(...names.map(alternativeName)))]),
  ];
}

const extension = (id: string, value: Uint8Array): Uint8Array => sequence(objectId(id), octets(value));
const critical = (id: string, value: Uint8Array): Uint8Array => sequence(objectId(id), yes, octets(value));

function alternativeName(name: string): Uint8Array {
  return isIPv4(name) ? implicit(7, Buffer.from(name.split(".").map(Number))) : implicit(2, Buffer.from(name));
}

function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
