import { expect, test } from "vitest";
import { parseBox } from "./box";
import { filtersOf, formatQuery, isEmpty, parseQuery, requestOf, type SearchQuery } from "./query";

const EMPTY = parseQuery("", "");
const FULL: SearchQuery = {
  text: "red & white dress ",
  colour: "#203060",
  picture: "/9j+AA/B/w==",
  crop: [0.1, 0, 0.95, 0.5],
  like: ["shop/17", "ä b"],
  unlike: ["x"],
  chosen: [
    { field: "colour", value: "Red" },
    { field: "colour", value: "Navy Blue" },
    { field: "metadata.a=b&c", value: 10 },
    { field: "metadata.code", value: "10" },
    { field: "metadata.sale", value: true },
    { field: "metadata.word", value: '"quoted"' },
  ],
  excluded: [{ field: "pattern", value: "Striped" }],
  sort: "-metadata.price",
  unfolded: true,
  irrelevant: true,
};

test("a query comes back from its URL as it was", () => {
  const { search, hash } = formatQuery(FULL);
  expect(parseQuery(search, hash)).toEqual(FULL);
  expect(formatQuery(EMPTY)).toEqual({ search: "", hash: "" });
  expect(isEmpty(EMPTY)).toBe(true);
});

test("the URL is one that people can read, and keeps the picture from servers", () => {
  const { search, hash } = formatQuery({
    ...EMPTY,
    text: "dress",
    picture: "/9j+AA==",
    chosen: FULL.chosen.slice(0, 1),
  });
  expect(search).toBe("?text=dress&is.colour=Red");
  expect(hash).toBe("#picture=_9j-AA");
});

test("what is nonsense in a URL is left out", () => {
  const query = parseQuery("?colour=reddish&crop=0,0,1", "#picture=abc");
  expect(query.colour).toBeNull();
  expect(query.crop).toBeNull();
  expect(parseBox("0.5,0,0.4,1")).toBeNull();
  expect(parseBox("0,0,1,2")).toBeNull();
  expect(parseQuery(`?text=${"a".repeat(501)}`, "").text, "more than is taken").toHaveLength(500);
  expect(parseQuery("?crop=0,0,1,1", "").crop, "a crop without a picture").toBeNull();
});

test("values of one field are alternatives, fields must all match", () => {
  expect(filtersOf(FULL.chosen.slice(0, 3))).toEqual({
    all: [
      { any: [{ tag: "colour=Red" }, { tag: "colour=Navy Blue" }] },
      { any: [{ metadata: "a=b&c", eq: 10 }] },
    ],
  });
});

test("a request has a part for everything that results shall be like", () => {
  expect(requestOf({ ...FULL, chosen: [], crop: [0, 0, 1, 0.5] })).toEqual({
    queries: [
      { text: "red & white dress" },
      { image: "/9j+AA/B/w==", crop: [0, 0, 1, 0.5] },
      { colour: "#203060" },
      { id: "shop/17" },
      { id: "ä b" },
      { id: "x", weight: -0.5 },
    ],
    must_not: ["pattern=Striped"],
    sort: "-metadata.price",
    min_relevance: 0,
    top_k: 24,
  });
  expect(requestOf(EMPTY)).toEqual({ collapse: 0.98, top_k: 24 });
});
