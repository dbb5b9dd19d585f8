import { expect, test } from "vitest";
import { addsNull, applyPatch, mergePatch, same } from "./mergePatch";

// The examples of RFC 7396, appendix A: original, patch, result.
const EXAMPLES: [unknown, unknown, unknown][] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

test.each(EXAMPLES)("%j patched with %j is %j", (original, patch, result) => {
  expect(applyPatch(original, patch)).toEqual(result);
});

test.each(EXAMPLES)("from %j (not %j) a patch leads to %j", (original, _, result) => {
  const patch = mergePatch(original, result);
  expect(applyPatch(original, patch)).toEqual(result);
});

test("a patch names only what changed, and nothing where nothing did", () => {
  const from = { price: 49.5, size: { eu: 38, fits: ["slim"] }, none: null };
  expect(mergePatch(from, { none: null, size: { fits: ["slim"], eu: 38 }, price: 49.5 })).toBe(
    undefined,
  );
  expect(mergePatch(from, { none: null, size: { eu: 40, fits: ["slim"] }, sale: true })).toEqual({
    price: null,
    size: { eu: 40 },
    sale: true,
  });
});

test("a key called __proto__ is a key like any other", () => {
  const to: unknown = JSON.parse('{"__proto__": {"a": 1}}');
  expect(JSON.stringify(applyPatch({}, mergePatch({}, to)))).toBe('{"__proto__":{"a":1}}');
});

test("a null that is new is told from one that was there, and from one in a list", () => {
  expect(addsNull({ a: null, b: 1 }, { a: null, b: 2 })).toBe(false);
  expect(addsNull({ a: 1 }, { a: null })).toBe(true);
  expect(addsNull({}, { a: { b: null } })).toBe(true);
  expect(addsNull({}, { a: [null] })).toBe(false);
});

test("lists are the same in the same order alone", () => {
  expect(same([1, 2], [2, 1])).toBe(false);
  expect(same({ a: [{ b: 1, c: 2 }] }, { a: [{ c: 2, b: 1 }] })).toBe(true);
  expect(same({ a: 1 }, { b: 1 })).toBe(false);
});
