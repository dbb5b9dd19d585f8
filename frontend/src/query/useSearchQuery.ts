import { replaceEqualDeep } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useLocation, useNavigate } from "react-router";
import { formatQuery, parseQuery, type SearchQuery } from "./query";

type Changes = Partial<SearchQuery>;
export type Change = (
  changes: Changes | ((current: SearchQuery) => Changes),
  options?: { replace?: boolean },
) => void;

let last = parseQuery("", "");

/** Reads a query; what is the same in the one read last stays the same object. */
function read(search: string, hash: string): SearchQuery {
  last = replaceEqualDeep(last, parseQuery(search, hash));
  return last;
}

/** The query in the URL, and what changes it: a step of the history each, unless it replaces. */
export function useSearchQuery(): [SearchQuery, Change] {
  const { search, hash } = useLocation();
  const navigate = useNavigate();
  const query = useMemo(() => read(search, hash), [search, hash]);
  const change = useCallback<Change>(
    (changes, { replace = false } = {}) => {
      // Of the address as it is now: two changes at once must not undo one another.
      const current = parseQuery(window.location.search, window.location.hash);
      const changed = typeof changes === "function" ? changes(current) : changes;
      void navigate(formatQuery({ ...current, ...changed }), { replace });
      if (!replace) window.scrollTo(0, 0); // new results are read from the top
    },
    [navigate],
  );
  return [query, change];
}
