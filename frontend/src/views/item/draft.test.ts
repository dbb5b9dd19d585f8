import { expect, test } from "vitest";
import type { Item } from "@/api/types";
import { changesOf, conflictsOf, draftOf, rebased } from "./draft";

const ITEM: Item = {
  id: "shop/17",
  labels: ["Shirts"],
  given: { article_type: ["Shirts"], colour: ["Red", "Blue"] },
  tags: {},
  caption: "A shirt",
  metadata: { price: 49.5, size: { eu: 38 }, brand: "Acme" },
  image_url: "/items/shop/17/image",
  etag: "1",
};

test("an untouched draft changes nothing", () => {
  expect(changesOf(ITEM, draftOf(ITEM)).changes).toEqual({});
});

test("only what was touched is sent; removed labels and keys are null", () => {
  const draft = draftOf(ITEM);
  const rows = draft.rows.filter(({ name }) => name !== "brand");
  const given = { article_type: ["Shirts"], colour: [], season: ["Summer"] };
  expect(changesOf(ITEM, { caption: "", given, rows }).changes).toEqual({
    caption: "",
    labels: { colour: null, season: ["Summer"] },
    metadata: { brand: null },
  });
});

test("what was typed survives a new version, and what others wrote elsewhere is kept", () => {
  const draft = { ...draftOf(ITEM), caption: "My shirt" };
  const { changes } = changesOf(ITEM, draft);
  const latest = { ...ITEM, etag: "2", caption: "Their shirt", metadata: { price: 39 } };
  expect(rebased(changes, latest)).toMatchObject({
    caption: "My shirt",
    rows: [{ name: "price", value: "39" }],
  });
  expect(conflictsOf(changes, ITEM, latest)).toEqual([{ field: "caption", theirs: "Their shirt" }]);
});

test("no conflict where both wrote the same, or different keys of one object", () => {
  const latest = {
    ...ITEM,
    caption: "New",
    metadata: { ...ITEM.metadata, size: { eu: 38, uk: 8 } },
  };
  const changes = { caption: "New", metadata: { price: 1 } };
  expect(conflictsOf(changes, ITEM, latest)).toEqual([]);
  expect(conflictsOf({ labels: { colour: null } }, ITEM, { ...ITEM, given: {} })).toEqual([]);
});
