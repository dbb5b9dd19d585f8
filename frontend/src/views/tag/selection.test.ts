import { describe, expect, test } from "vitest";
import { countChanges, hasOneAnswer, judgeTags, selectLabels, withVerdict } from "./selection";

function tag(label: string, probability: number, threshold: number, selected = false) {
  return { label, probability, threshold, selected };
}

const COLOUR = [tag("Navy", 0.6, 0.5, true), tag("Blue", 0.3, 0.2), tag("Red", 0.1, 0.05)];
const DETAILS = [tag("Hood", 0.9, 0.5, true), tag("Zip", 0.6, 0.5, true), tag("Belt", 0.4, 0.5)];
const UNSURE = [tag("Solid", 0.4, 0.5), tag("Striped", 0.35, 0.5), tag("Dotted", 0.25, 0.5)];
const NOT_ASKED = [tag("Solid", 0.9, 0.5), tag("Striped", 0.1, 0.05)];

const NONE = new Map();

test("one answer shows in the probabilities", () => {
  expect(hasOneAnswer(COLOUR)).toBe(true);
  expect(hasOneAnswer(DETAILS)).toBe(false);
  expect(hasOneAnswer([tag("Hood", 0.5, 0.4, true), tag("Zip", 0.5, 0.4, true)])).toBe(false);
});

test.each([COLOUR, DETAILS, UNSURE, NOT_ASKED])(
  "as learnt is as the server selected",
  (...tags) => {
    const byServer = tags.filter(({ selected }) => selected).map(({ label }) => label);
    expect([...selectLabels(tags, 0)]).toEqual(byServer);
  },
);

describe("moved thresholds", () => {
  test("stricter loses what no longer reaches", () => {
    expect([...selectLabels(DETAILS, 0.2)]).toEqual(["Hood"]);
    expect([...selectLabels(COLOUR, 0.2)]).toEqual([]);
  });

  test("laxer gains, but never a second answer where there is one", () => {
    expect([...selectLabels(DETAILS, -0.1)]).toEqual(["Hood", "Zip", "Belt"]);
    expect([...selectLabels(COLOUR, -0.5)]).toEqual(["Navy"]);
    expect([...selectLabels(UNSURE, -0.1)]).toEqual(["Solid"]);
  });

  test("what the server does not ask of such a thing stays unanswered", () => {
    expect(selectLabels(NOT_ASKED, -0.5).size).toBe(0);
  });

  test("certainty passes every threshold", () => {
    expect([...selectLabels([tag("Yes", 1, 0.8, true), tag("No", 0, 0.5)], 0.5)]).toEqual(["Yes"]);
  });

  test("changes are marked and counted", () => {
    const judged = judgeTags("details", DETAILS, -0.1, NONE);
    expect(judged.map(({ change }) => change)).toEqual([null, null, "gained"]);
    const prediction = { filename: "", tags: { colour: COLOUR, details: DETAILS }, top: [] };
    expect(countChanges([prediction], 0.2)).toEqual({ gained: 0, lost: 2 });
  });
});

describe("verdicts", () => {
  const chosen = (tags: typeof COLOUR, verdicts: ReadonlyMap<string, "accept" | "reject">) =>
    judgeTags("x", tags, 0, verdicts)
      .filter((judged) => judged.chosen)
      .map(({ label }) => label);

  test("a rejected tag is left out", () => {
    expect(chosen(DETAILS, new Map([["x=Hood", "reject"]]))).toEqual(["Zip"]);
  });

  test("an accepted one joins several answers, and replaces a single one", () => {
    expect(chosen(DETAILS, new Map([["x=Belt", "accept"]]))).toEqual(["Hood", "Zip", "Belt"]);
    expect(chosen(COLOUR, new Map([["x=Blue", "accept"]]))).toEqual(["Blue"]);
  });

  test("an accepted tag stays whatever the strictness", () => {
    const judged = judgeTags("x", COLOUR, 0.5, new Map([["x=Navy", "accept"]]));
    expect(judged[0]).toMatchObject({ change: "lost", chosen: true });
  });

  test("of a single answer the last accepted one counts", () => {
    const blue = withVerdict(NONE, { attribute: "x", label: "Blue", tags: COLOUR }, "accept");
    const red = withVerdict(blue, { attribute: "x", label: "Red", tags: COLOUR }, "accept");
    expect([...red]).toEqual([["x=Red", "accept"]]);
    const none = withVerdict(red, { attribute: "x", label: "Red", tags: COLOUR }, null);
    expect(none.size).toBe(0);
  });
});
