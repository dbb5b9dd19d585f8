import { expect, test } from "vitest";
import { parseExposition, parseNumber } from "./exposition";

test("samples are read with their labels and whether they accumulate", () => {
  const text = [
    "# HELP asked_total Requests, see # TYPE",
    "# TYPE asked_total counter",
    'asked_total{method="GET",route="/search"} 3.0',
    "# TYPE waiting gauge",
    "waiting 2 1700000000000",
    "# TYPE took_seconds histogram",
    'took_seconds_bucket{le="+Inf"} 1.5e3',
    "took_seconds_sum 7.25",
    "",
  ].join("\n");
  expect(parseExposition(text)).toEqual([
    {
      name: "asked_total",
      labels: { method: "GET", route: "/search" },
      value: 3,
      accumulates: true,
    },
    { name: "waiting", labels: {}, value: 2, accumulates: false },
    { name: "took_seconds_bucket", labels: { le: "+Inf" }, value: 1500, accumulates: true },
    { name: "took_seconds_sum", labels: {}, value: 7.25, accumulates: true },
  ]);
});

test("label values keep quotes, backslashes, line breaks, braces and commas", () => {
  const [sample] = parseExposition(String.raw`a{x="say \"hi\", {b} 1",y="c:\\new\nline",} 1`);
  expect(sample?.labels).toEqual({ x: 'say "hi", {b} 1', y: "c:\\new\nline" });
});

test("values may be infinite or no number", () => {
  expect(parseExposition("a +Inf\nb -Inf\nc NaN").map((sample) => sample.value)).toEqual([
    Infinity,
    -Infinity,
    NaN,
  ]);
  expect(parseNumber("+Inf")).toBe(Infinity);
});

test("lines that are no samples are passed over", () => {
  expect(parseExposition("<html>\n# a comment 1\nbroken{ 2\nalone")).toEqual([]);
});
