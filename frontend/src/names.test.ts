import { expect, test } from "vitest";
import { itemName, percent, readableField } from "./names";

test("fields are named as people read them", () => {
  expect(readableField("article_type")).toBe("Article type");
  expect(readableField("metadata.size.eu")).toBe("Size eu");
});

test("an item without a caption is named by its labels, or its id", () => {
  const item = { id: "7", caption: "A red shirt", labels: ["Shirts", "Red", "Men"] };
  expect(itemName(item)).toBe("A red shirt");
  expect(itemName({ ...item, caption: "" })).toBe("Shirts, Red");
  expect(itemName({ id: "7", caption: "", labels: [] })).toBe("7");
});

test("shares are rounded percentages", () => {
  expect(percent(0.874)).toBe("87 %");
  expect(percent(0.0049)).toBe("< 1 %");
  expect(percent(0)).toBe("0 %");
});
