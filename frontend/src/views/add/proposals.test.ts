import { expect, test } from "vitest";
import { freeId, idProblem, proposeCaption, proposeId } from "./proposals";

test.each([
  ["IMG 0042.JPG", "IMG-0042"],
  ["red dress (1).jpeg", "red-dress-1"],
  ["Rotes Kleid für Kinder.webp", "Rotes-Kleid-für-Kinder"],
  ["a/b\\c.png", "c"],
  ["v1.2.final.jpg", "v1.2.final"],
  ["...", "picture"],
  [".jpg", "jpg"],
  ["👗.png", "picture"],
  ["no ending", "no-ending"],
  ["e\u0301te\u0301.png", "été"],
])("a file %j is proposed as %j", (fileName, id) => {
  expect(proposeId(fileName)).toBe(id);
});

test.each([
  "a".repeat(500) + ".jpg",
  "👗".repeat(300),
  "image.jpg",
  "..",
  "\u0000\u202e.png",
  " .png",
])("whatever the file is called, its proposed id is allowed", (fileName) => {
  expect(idProblem(proposeId(fileName))).toBeNull();
});

// As `wardrobe/serving/item_schemas.py` has it.
test.each([
  ["shop/17", null],
  ["image", null],
  ["image/front", null],
  ["a b", null],
  ["...", null],
  ["👗".repeat(200), null],
  ["", "empty"],
  ["  ", "empty"],
  [" a", "spaces"],
  ["a/", "segments"],
  ["/a", "segments"],
  ["a//b", "segments"],
  ["a/../b", "segments"],
  [".", "segments"],
  ["a/image", "image"],
  ["a\nb", "unprintable"],
  ["a\u00a0b", "unprintable"],
  ["a\u200bb", "unprintable"],
  ["👗".repeat(201), "long"],
])("the id %j: %j", (id, problem) => {
  expect(idProblem(id)).toBe(problem);
});

test("a taken id gets the first free number, and stays short enough", () => {
  expect(freeId("a", new Set(["b"]))).toBe("a");
  expect(freeId("a", new Set(["a", "a-2"]))).toBe("a-3");
  const long = "a".repeat(200);
  expect(idProblem(freeId(long, new Set([long])))).toBeNull();
});

test("a caption is the name as words; a camera's number is none", () => {
  expect(proposeCaption("red_summer-dress.jpg")).toBe("Red summer dress");
  expect(proposeCaption("00123.jpg")).toBe("");
});
