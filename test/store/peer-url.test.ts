// Shows which URLs of members are taken: those that etcd takes, but for TLS, which our members do not speak with each other.
import { expect, it } from "vitest";
import { parsePeerUrl } from "../../src/store/peer-url.js";

it.each([
  ["http://n4:2380", { host: "n4", peerPort: 2380 }],
  ["http://10.0.0.4:80", { host: "10.0.0.4", peerPort: 80 }],
  ["http://[fd00::4]:2380", { host: "[fd00::4]", peerPort: 2380 }],
])("%s", (text, expected) => expect(parsePeerUrl(text)).toEqual(expected));

it.each([
  "",
  "n4",
  "n4:2380",
  "http://n4",
  "http://n4:",
  "http://:2380",
  "http://n4:2380/",
  "http://n4:70000",
  "ftp://n4:2380",
  "https://n4:2380",
])("not %j", (text) => expect(parsePeerUrl(text)).toBeUndefined());
