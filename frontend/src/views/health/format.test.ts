import { expect, test } from "vitest";
import { count, duration, latency, rate, share, size } from "./format";

test("figures have units and as many digits as mean something", () => {
  expect([0, 0.25, 3.25, 250].map(rate)).toEqual(["0.0 /s", "0.25 /s", "3.3 /s", "250 /s"]);
  expect([0.00004, 0.0012, 0.0123, 1.5, 12].map(duration)).toEqual([
    "0.04 ms",
    "1.2 ms",
    "12 ms",
    "1.50 s",
    "12.00 s",
  ]);
  expect([0.5, 10].map(latency)).toEqual(["500 ms", "≥ 10 s"]);
  expect([0, 2136, 5 * 2 ** 20, 700 * 2 ** 20, 3 * 2 ** 30].map(size)).toEqual([
    "0.0 KiB",
    "2.1 KiB",
    "5.0 MiB",
    "700 MiB",
    "3.0 GiB",
  ]);
  expect(count(1234)).toBe("1,234");
});

test("a share is whole only when it is", () => {
  expect([0, 0.874, 0.998, 1].map(share)).toEqual(["0 %", "87 %", "99 %", "100 %"]);
});

test("there is a dash where there is no figure", () => {
  expect([count, rate, duration, latency, share, size].map((format) => format(NaN))).toEqual(
    Array(6).fill("–"),
  );
});
