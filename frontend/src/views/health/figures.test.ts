import { expect, test } from "vitest";
import { parseExposition } from "./exposition";
import { figuresOf, quantile } from "./figures";
import { append, type History } from "./history";

const BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000];

/** A histogram of durations, as a Prometheus client would count them. */
function histogramOf(durationsMs: readonly number[], labels = ""): string {
  const comma = labels === "" ? "" : ",";
  const buckets = [...BOUNDS_MS, Infinity].map((bound) => {
    const le = bound === Infinity ? "+Inf" : String(bound);
    const count = durationsMs.filter((duration) => duration <= bound).length;
    return `took_bucket{le="${le}"${comma}${labels}} ${count}`;
  });
  return ["# TYPE took histogram", ...buckets].join("\n");
}

test("quantiles are those of Prometheus' own tests of histogram_quantile", () => {
  const samples = parseExposition(
    'h_bucket{le="0.1"} 50\nh_bucket{le=".2"} 70\nh_bucket{le="1e0"} 110\nh_bucket{le="+Inf"} 120',
  );
  expect(quantile(samples, "h", 0.2)).toBeCloseTo(0.048, 12);
  expect(quantile(samples, "h", 0.5)).toBeCloseTo(0.15, 12);
  expect(quantile(samples, "h", 0.8)).toBeCloseTo(0.72, 12);
  expect(quantile(samples, "h", 0.99)).toBe(1); // beyond the highest bound
});

test("quantiles of evenly spread durations are those of the sorted list", () => {
  const durations = Array.from({ length: 1000 }, (_, i) => i + 1);
  const samples = parseExposition(histogramOf(durations));
  for (const q of [0.001, 0.1, 0.5, 0.95, 0.99, 1]) {
    expect(quantile(samples, "took", q)).toBeCloseTo(durations[Math.ceil(1000 * q) - 1] ?? NaN, 6);
  }
});

test("series that the labels do not tell apart are one histogram", () => {
  const samples = parseExposition(
    [
      histogramOf([3, 4], 'method="GET",route="/search"'),
      histogramOf([60, 70], 'method="POST",route="/search"'),
      histogramOf([900], 'method="GET",route="/other"'),
    ].join("\n"),
  );
  expect(quantile(samples, "took", 0.5, { route: "/search" })).toBe(5);
  expect(quantile(samples, "took", 1, { route: "/search" })).toBe(100);
});

test("nothing counted has no quantile", () => {
  expect(quantile(parseExposition(histogramOf([])), "took", 0.5)).toBeNaN();
  expect(quantile([], "took", 0.5)).toBeNaN();
});

/** An answer of the server after so many searches, of which so many needed the encoder. */
function answer(searches: number, encoded: number, watched = 0): string {
  return [
    "# TYPE wardrobe_http_requests_total counter",
    `wardrobe_http_requests_total{method="GET",route="/search",status="200"} ${searches}`,
    `wardrobe_http_requests_total{method="GET",route="/search",status="400"} 2`,
    `wardrobe_http_requests_total{method="GET",route="/metrics",status="200"} ${watched}`,
    "# TYPE wardrobe_http_request_duration_seconds histogram",
    `wardrobe_http_request_duration_seconds_bucket{le="0.01",method="GET",route="/search"} ${searches}`,
    `wardrobe_http_request_duration_seconds_bucket{le="+Inf",method="GET",route="/search"} ${searches}`,
    `wardrobe_http_request_duration_seconds_count{method="GET",route="/search"} ${searches}`,
    "# TYPE wardrobe_stage_duration_seconds histogram",
    `wardrobe_stage_duration_seconds_sum{stage="encode"} ${encoded * 0.02}`,
    `wardrobe_stage_duration_seconds_count{stage="encode"} ${encoded}`,
    "# TYPE wardrobe_cache_lookups_total counter",
    `wardrobe_cache_lookups_total{result="miss"} ${encoded}`,
    `wardrobe_cache_lookups_total{result="hit"} ${searches - encoded}`,
    "# TYPE wardrobe_queue_inputs gauge",
    "wardrobe_queue_inputs 3",
  ].join("\n");
}

function historyOf(...answers: [atMs: number, text: string][]): History {
  return answers.reduce<History>(
    (history, [atMs, text]) => append(history, parseExposition(text), atMs),
    [],
  );
}

test("figures between polls stand beside those since the start", () => {
  const history = historyOf([0, answer(100, 100)], [10_000, answer(140, 110, 5)]);
  const figures = figuresOf(history);
  expect(figures).toMatchObject({
    recentS: 10,
    queued: 3,
    recent: {
      worked: { requests: 40, refused: 0, failed: 0 }, // watching is no work
      foundShare: 0.75,
      lookups: { hit: 30, miss: 10, remote_hit: 0, shared: 0 },
    },
    sinceStart: { worked: { requests: 142, refused: 2 }, asked: { "/search": 140 } },
  });
  expect(figures?.recent.stageS.encode).toBeCloseTo(0.02);
  expect(figures?.recent.latency["/search"][0]).toBeCloseTo(0.005);
  expect(figures?.recent.latency["/predict"][0]).toBeNaN();
  expect(figures?.points).toHaveLength(1);
  expect(figures?.points[0]).toMatchObject({ requestsPerS: 4, foundShare: 0.75 });
});

test("a chart has points also where a poll was late", () => {
  const history = historyOf([0, answer(0, 0)], [20_000, answer(40, 0)], [41_000, answer(103, 0)]);
  expect(figuresOf(history)?.points.map((point) => point.requestsPerS)).toEqual([2, 3]);
});

test("a restart never makes a figure negative", () => {
  const history = historyOf([0, answer(100, 50)], [2000, answer(3, 2)], [4000, answer(7, 3)]);
  const figures = figuresOf(history);
  expect(figures?.recent.worked.requests).toBe(7 + 2); // with the 400s counted anew
  expect(figures?.points.every((point) => point.requestsPerS >= 0)).toBe(true);
  expect(figures?.sinceStart.worked.requests).toBe(9);
});

test("before the first answer there are no figures, after it only those since the start", () => {
  expect(figuresOf([])).toBeNull();
  const figures = figuresOf(historyOf([0, answer(5, 5)]));
  expect(figures?.recent.foundShare).toBeNaN();
  expect(figures?.sinceStart.foundShare).toBe(0);
  expect(figures?.points).toEqual([]);
});
