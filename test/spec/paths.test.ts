// Shows that a spec's paths begin in its folder, on Windows too, and which texts are paths.
import { expect, test } from "vitest";
import { isPath, lastName, pathIn } from "../../src/spec/paths.js";

test.each([
  ["/home/me", "a", "/home/me/a"],
  ["/home/me", ".", "/home/me"],
  ["/home/me/", "../a//b/./c/", "/home/a/b/c"],
  ["/home/me", "../../../..", "/"],
  ["/home/me", "/etc/x", "/etc/x"],
  ["/", "a", "/a"],
  ["/home/a\\b", "c", "/home/a\\b/c"],
  ["C:\\Users\\me", "a/b", "C:\\Users\\me\\a\\b"],
  ["C:\\Users\\me", "..\\a", "C:\\Users\\a"],
  ["C:\\Users\\me", "D:/x", "D:\\x"],
  ["\\\\server\\share", "a", "\\\\server\\share\\a"],
])("in %s, %s is %s", (folder, path, expected) => {
  expect(pathIn(folder, path)).toBe(expected);
});

test.each(["./a", ".", "..", "../a", "/a", "~", "~/a", "C:\\a", "c:/a", ".\\a"])("%s is a path", (text) => {
  expect(isPath(text)).toBe(true);
});

test.each(["a", "data", "c", ".a", "a/b"])("%s is a name", (text) => {
  expect(isPath(text)).toBe(false);
});

test.each([
  ["/home/My App/", "My App"],
  ["C:\\x\\app", "app"],
  ["app", "app"],
  ["/", ""],
])("%s is called %s", (path, expected) => {
  expect(lastName(path)).toBe(expected);
});
