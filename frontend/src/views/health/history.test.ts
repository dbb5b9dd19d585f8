import { expect, test } from "vitest";
import { parseExposition } from "./exposition";
import { append, growth, type History, type Scrape, WINDOW_MS } from "./history";

const asked = (searches: number, tagged?: number) =>
  parseExposition(
    [
      "# TYPE asked_total counter",
      `asked_total{route="/search"} ${searches}`,
      tagged === undefined ? "" : `asked_total{route="/predict"} ${tagged}`,
      "# TYPE waiting gauge",
      `waiting ${100 - searches}`,
    ].join("\n"),
  );

function grown(history: History): Record<string, number> {
  const [first, last] = [history.at(0), history.at(-1)] as [Scrape, Scrape];
  return Object.fromEntries(growth(first, last).map((s) => [s.labels.route ?? "", s.value]));
}

test("counts grow between scrapes, and a new one from nothing; gauges are no counts", () => {
  let history = append([], asked(10), 0);
  history = append(history, asked(13, 2), 2000);
  expect(grown(history)).toEqual({ "/search": 3, "/predict": 2 });
});

test("a restart gives no negative growth: what was counted since is added", () => {
  let history = append([], asked(10, 5), 0);
  history = append(history, asked(12, 6), 2000);
  history = append(history, asked(1, 7), 4000); // /predict may well have passed its old count
  history = append(history, asked(4, 7), 6000);
  expect(grown(history)).toEqual({ "/search": 2 + 4, "/predict": 1 + 7 });
});

test("seconds summed in another order are no restart", () => {
  const seconds = (value: number) => parseExposition(`# TYPE s counter\ns ${value}`);
  const history = append(append([], seconds(0.1 + 0.2 + 0.3), 0), seconds(0.3 + 0.2 + 0.1), 2000);
  expect(Object.values(grown(history))[0]).toBeCloseTo(0, 9);
});

test("a count that is gone tells of a restart too", () => {
  let history = append([], asked(10, 5), 0);
  history = append(history, asked(11), 2000);
  expect(grown(history)).toEqual({ "/search": 11, "/predict": 0 });
});

test("scrapes leave the window, and a long pause starts it anew", () => {
  let history: History = [];
  for (let atMs = 0; atMs <= 2 * WINDOW_MS; atMs += 2000) history = append(history, asked(1), atMs);
  expect(history[0]?.atMs).toBe(WINDOW_MS);
  expect(append(history, asked(1), 10 * WINDOW_MS)).toHaveLength(1);
});
