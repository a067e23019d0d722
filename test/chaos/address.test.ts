// Shows that addresses are compared as the kernel does, whatever way they are written.
import { expect, test } from "vitest";
import { canonical, linkLocalOf, wordsOf } from "../../src/chaos/address.js";

test.each([
  ["172.18.0.3", ["ac120003"]],
  ["0.0.0.0", ["00000000"]],
  ["fd00:1::3", ["fd000001", "00000000", "00000000", "00000003"]],
  ["::", ["00000000", "00000000", "00000000", "00000000"]],
  ["::1", ["00000000", "00000000", "00000000", "00000001"]],
  ["FE80::42:ACFF:FE12:2", ["fe800000", "00000000", "0042acff", "fe120002"]],
  ["1:2:3:4:5:6:7:8", ["00010002", "00030004", "00050006", "00070008"]],
  ["172.18.0", undefined],
  ["172.18.0.256", undefined],
  ["fd00:1::3::4", undefined],
  ["1:2:3:4:5:6:7", undefined],
  ["1:2:3:4:5:6:7:8::", undefined],
  ["fd00::g", undefined],
  ["", undefined],
])("%s", (address, words) => {
  expect(wordsOf(address)).toEqual(words);
});

test("two spellings, one address", () => {
  expect(canonical("fd00:0001:0::0003")).toBe(canonical("fd00:1::3"));
});

test.each([
  ["02:42:ac:12:00:02", "fe80::42:acff:fe12:2"],
  ["92:7c:52:d4:96:6c", "fe80::907c:52ff:fed4:966c"],
  ["", undefined],
  ["not:a:mac:at:all:!", undefined],
])("the interface %j names itself %s", (mac, expected) => {
  const found = linkLocalOf(mac);
  expect(found && canonical(found)).toBe(expected && canonical(expected));
});
