import { expect, test } from "vitest";
import { ApiError } from "@/api/client";
import { formatQuery, parseQuery } from "@/query/query";
import { refusalOf } from "./refusal";

const SEARCH =
  "?text=red+dress&like=gone&like=here&unlike=gone&is.colour=Old&not.colour=Red&sort=x";

function refused(status: number, code: string, detail: Record<string, unknown>) {
  const query = parseQuery(SEARCH, "#picture=abcd");
  const refusal = refusalOf(query, new ApiError(status, code, "…", null, detail));
  if (refusal === null) return null;
  const { search, hash } = formatQuery({ ...query, ...refusal.changes });
  return [refusal.part, decodeURIComponent(search), hash];
}

const badRequest = (...parameters: string[]) => refused(400, "bad_request", { parameters });

test("of a search that cannot be answered only the part at fault is left out", () => {
  expect(refused(404, "unknown_item", { id: "gone" })).toEqual([
    "item",
    "?text=red+dress&like=here&is.colour=Old&not.colour=Red&sort=x",
    "#picture=abcd",
  ]);
  const unfiltered = "?text=red+dress&like=gone&like=here&unlike=gone&sort=x";
  const filters = ["filters", unfiltered, "#picture=abcd"];
  expect(badRequest("filters.all[0].any[0].tag")).toEqual(filters);
  expect(badRequest("must_not[0]")).toEqual(filters);
  expect(badRequest("sort")).toEqual(["sort", SEARCH.replace("&sort=x", ""), "#picture=abcd"]);
  expect(refused(400, "unreadable_picture", {})).toEqual(["picture", SEARCH, ""]);
  expect(badRequest("queries"), "too many parts").toEqual(["query", "", ""]);
});

test("what may work another time keeps all its parts", () => {
  expect(refused(503, "starting", {})).toBeNull();
  expect(refused(404, "unknown", {}), "of a proxy").toBeNull();
});
