import { expect, test } from "vitest";
import { ceiling, lines } from "./chart";

test("the latest value is at the right edge, the highest at the top", () => {
  expect(lines([0, 60_000, 120_000], [0, 5, 10], 10)).toEqual([
    "0.00,100.00 50.00,50.00 100.00,0.00",
  ]);
});

test("a line is broken where there is no value, and a point alone still shows", () => {
  expect(lines([0, 40_000, 80_000, 120_000], [1, NaN, 1, 1], 1)).toEqual([
    "0.00,0.00 0.00,0.00",
    "66.67,0.00 100.00,0.00",
  ]);
  expect(lines([], [], 1)).toEqual([]);
});

test("the scale ends at 1, 2 or 5 times a power of ten", () => {
  expect([0, 0.03, 0.7, 1, 12, 51].map(ceiling)).toEqual([1, 0.05, 1, 1, 20, 100]);
});
