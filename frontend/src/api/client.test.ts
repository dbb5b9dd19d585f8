import { expect, test } from "vitest";
import { imagePath } from "./client";

test("slashes of an id stay in the address of its picture, what else means something does not", () => {
  expect(imagePath("shop/red? 1")).toBe("/items/shop/red%3F%201/image");
});
