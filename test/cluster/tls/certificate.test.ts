// Shows that the certificates we write are what Node and OpenSSL read them to be, and that they trust them for what they are meant for only.
import { X509Certificate, createPrivateKey } from "node:crypto";
import { connect, createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { makeAuthority, makeCertificate } from "../../../src/cluster/tls/certificate.js";
import type { KeyPair } from "../../../src/workspace/tls-folder.js";

const nowMs = Date.parse("2026-11-21T10:00:00Z");
const authority = makeAuthority("devious shop", nowMs);
const names = ["n1", "n2", "localhost", "127.0.0.1", "10.255.0.128"];
const server = makeCertificate({ subject: "n1", purpose: "server", names }, authority, "devious shop", nowMs);

it("says whose it is, by whom, from when to when, and for which names", () => {
  const cert = new X509Certificate(server.cert);
  const by = new X509Certificate(authority.cert);
  expect([cert.subject, cert.issuer, cert.subjectAltName]).toEqual([
    "CN=n1",
    "CN=devious shop",
    "DNS:n1, DNS:n2, DNS:localhost, IP Address:127.0.0.1, IP Address:10.255.0.128",
  ]);
  expect([cert.validFrom, cert.validTo]).toEqual(["Nov 20 10:00:00 2026 GMT", "Nov 18 10:00:00 2036 GMT"]);
  expect([cert.ca, by.ca, by.subject]).toEqual([false, true, "CN=devious shop"]);
  expect([cert.checkIssued(by), cert.verify(by.publicKey), by.verify(by.publicKey)]).toEqual([true, true, true]);
  expect(cert.checkPrivateKey(createPrivateKey(server.key))).toBe(true);
  expect(cert.verify(new X509Certificate(makeAuthority("devious shop", nowMs).cert).publicKey)).toBe(false);
});

it("writes years beyond 2049 with all their digits", () => {
  const late = makeAuthority("x", Date.parse("2045-01-01T00:00:00Z"));
  expect(new X509Certificate(late.cert).validTo).toMatch(/^Dec 30 00:00:00 2054 GMT$/);
});

it("gives every certificate a number of its own, whatever its first bits are", () => {
  const numbers = Array.from({ length: 50 }, () => new X509Certificate(makeAuthority("x", nowMs).cert).serialNumber);
  expect(new Set(numbers).size).toBe(50);
  expect(numbers.filter((number) => number.startsWith("-"))).toEqual([]);
});

/** The verdicts of client and server on each other: undefined where there is nothing to say against. */
async function meet(shown: KeyPair, asClient: KeyPair): Promise<string | undefined> {
  const listening = createServer({ ...shown, ca: authority.cert, requestCert: true, rejectUnauthorized: false });
  const onClient = new Promise<string | undefined>((resolve) =>
    listening.once("secureConnection", (socket) => resolve(socket.authorizationError as unknown as string | undefined)),
  );
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const { port } = listening.address() as AddressInfo;
  const onServer = await new Promise<string | undefined>((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, ca: authority.cert, ...asClient }, () => resolve(undefined));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    listening.once("close", () => socket.destroy());
  });
  const verdict = onServer ?? (await onClient) ?? undefined;
  listening.close();
  return verdict;
}

it("is trusted as a server or as a client, as it was made", async () => {
  const client = makeCertificate({ subject: "devious", purpose: "client", names: [] }, authority, "devious shop", Date.now());
  const now = makeCertificate({ subject: "n1", purpose: "server", names }, authority, "devious shop", Date.now());
  const elsewhere = makeCertificate({ subject: "n1", purpose: "server", names: ["n1"] }, authority, "devious shop", Date.now());
  expect([await meet(now, client), await meet(client, client), await meet(now, now), await meet(elsewhere, client)]).toEqual([
    undefined,
    "INVALID_PURPOSE",
    "INVALID_PURPOSE",
    "ERR_TLS_CERT_ALTNAME_INVALID",
  ]);
});
