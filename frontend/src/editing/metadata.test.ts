import { expect, test } from "vitest";
import { flattened, ofKind, readRows, rowsOf, withNewRow, type MetadataRow } from "./metadata";

const METADATA = {
  price: 49.5,
  tiny: 1e-7,
  code: "007",
  note: " two\nlines ",
  sale: true,
  sold: false,
  size: { eu: 38, fits: ["slim", "tall"] },
  none: null,
  list: [1, "1", null],
};

function row(changes: Partial<MetadataRow>): MetadataRow {
  return { row: 0, name: "a", kind: "text", value: "", ...changes };
}

test("what nobody touches comes back as it was, of the same type", () => {
  const { metadata, problems } = readRows(rowsOf(METADATA), METADATA);
  expect(problems.size).toBe(0);
  expect(metadata).toEqual(METADATA);
});

test("digits stay text until they are called a number", () => {
  const digits = row({ value: "42" });
  expect(readRows([digits]).metadata).toEqual({ a: "42" });
  expect(readRows([ofKind(digits, "number")]).metadata).toEqual({ a: 42 });
});

test.each(["", "4,5", "0x10", "1e999", "9007199254740993", "Infinity"])(
  "%j is no number that can be kept",
  (value) => {
    expect(readRows([row({ kind: "number", value })]).problems.get(0)).toBe("number");
  },
);

test("a number that cannot be kept stands in the way only once it is touched", () => {
  const metadata = { ean: 2 ** 60, mass: 1e21 };
  const rows = rowsOf(metadata);
  expect(readRows(rows, metadata)).toEqual({ metadata, problems: new Map() });
  const renamed = rows.map((one) => ({ ...one, name: `old ${one.name}` }));
  expect([...readRows(renamed, metadata).problems.values()]).toEqual(["number", "number"]);
  expect(readRows(rows).problems.size).toBe(2);
});

test("bad rows are named, empty ones left out", () => {
  const rows = [
    row({ row: 1 }),
    row({ row: 2, value: "again" }),
    row({ row: 3, name: " ", value: "x" }),
    row({ row: 4, name: "b", kind: "json", value: "{" }),
    row({ row: 5, name: "", value: "" }),
  ];
  expect([...readRows(rows).problems]).toEqual([
    [2, "nameTwice"],
    [3, "nameMissing"],
    [4, "json"],
  ]);
});

test("a null is refused where a patch could not write it, and allowed in a new item", () => {
  const rows = [row({ name: "none", kind: "json", value: "null" })];
  expect(readRows(rows).problems.size).toBe(0);
  expect(readRows(rows, { none: null }).problems.size).toBe(0);
  expect(readRows(rows, { none: 1 }).problems.get(0)).toBe("newNull");
});

test("a new row does not take the number of another", () => {
  const rows = withNewRow(withNewRow([row({ row: 7 })]));
  expect(new Set(rows.map((one) => one.row)).size).toBe(3);
});

test("nested values are named the way filters name them", () => {
  expect(flattened({ size: { eu: 38, cut: { waist: "high" } }, empty: {}, list: [1] })).toEqual([
    ["size.eu", 38],
    ["size.cut.waist", "high"],
    ["empty", {}],
    ["list", [1]],
  ]);
});
