import { expect, test } from "vitest";
import { percent, readableField } from "./names";

test("fields are named as people read them", () => {
  expect(readableField("article_type")).toBe("Article type");
  expect(readableField("metadata.size.eu")).toBe("Size eu");
});

test("shares are rounded percentages", () => {
  expect(percent(0.874)).toBe("87 %");
  expect(percent(0.0049)).toBe("< 1 %");
  expect(percent(0)).toBe("0 %");
});
