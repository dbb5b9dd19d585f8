import { expect, test } from "vitest";
import { toCsv, toJson } from "./exporting";
import type { Verdict } from "@/api/feedback";
import type { TaggedPicture } from "./tagging";

const TAGS = {
  colour: [
    { label: "Red", probability: 0.75, threshold: 0.5, selected: true },
    { label: "Blue", probability: 0.25, threshold: 0.5, selected: false },
  ],
  details: [
    { label: "Hood, lined", probability: 0.9, threshold: 0.5, selected: true },
    { label: 'Zip 5"', probability: 0.6, threshold: 0.5, selected: true },
  ],
};

function tagged(name: string, verdicts: [string, Verdict][] = []): TaggedPicture {
  const picture = { key: name, name, itemId: null, file: null, url: null };
  return {
    picture: { ...picture, verdicts: new Map(verdicts) },
    prediction: { filename: name, tags: TAGS, top: [] },
    state: "done",
    error: null,
  };
}

const FAILED: TaggedPicture = {
  ...tagged("broken.jpg"),
  prediction: null,
  state: "failed",
  error: new Error("the picture is truncated"),
};

test("CSV is a manifest: a row a picture that has tags, a column an attribute", () => {
  const csv = toCsv([tagged("a.jpg"), FAILED, tagged("b.jpg", [["colour=Red", "reject"]])], 0);
  expect(csv.split("\r\n")).toEqual([
    "image_path,colour,details",
    'a.jpg,Red,"Hood, lined;Zip 5"""',
    'b.jpg,,"Hood, lined;Zip 5"""',
    "",
  ]);
});

test.each(["=HYPERLINK(1)", "+1.jpg", "-1.jpg", "@x", "\tx"])(
  "a spreadsheet does not run the name %j, and it is still the same path",
  (name) => {
    expect(toCsv([tagged(name)], 0)).toContain(`\n./${name}`);
  },
);

test("a name with a comma or a line feed stays one cell", () => {
  expect(toCsv([tagged('a,"b"\n.jpg')], 0)).toContain('\n"a,""b""\n.jpg",Red');
});

test("JSON has probabilities, verdicts, the moved thresholds and errors", () => {
  const json = toJson([tagged("a.jpg", [["details=Hood, lined", "reject"]]), FAILED], -0.25);
  expect(JSON.parse(json)).toEqual({
    threshold_shift: -0.25,
    pictures: [
      {
        filename: "a.jpg",
        tags: {
          colour: [
            { label: "Red", probability: 0.75, threshold: 0.25, chosen: true, verdict: null },
          ],
          details: [
            {
              label: "Hood, lined",
              probability: 0.9,
              threshold: 0.25,
              chosen: false,
              verdict: "reject",
            },
            { label: 'Zip 5"', probability: 0.6, threshold: 0.25, chosen: true, verdict: null },
          ],
        },
      },
      { filename: "broken.jpg", error: "the picture is truncated" },
    ],
  });
});
