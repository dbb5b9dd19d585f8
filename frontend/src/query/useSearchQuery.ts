import { useCallback, useMemo } from "react";
import { useLocation, useNavigate } from "react-router";
import { formatQuery, parseQuery, type SearchQuery } from "./query";

type Change = (changes: Partial<SearchQuery>, options?: { replace?: boolean }) => void;

/** The query in the URL, and what changes it: a step of the history each, unless it replaces. */
export function useSearchQuery(): [SearchQuery, Change] {
  const { search, hash } = useLocation();
  const navigate = useNavigate();
  const query = useMemo(() => parseQuery(search, hash), [search, hash]);
  const change = useCallback<Change>(
    (changes, { replace = false } = {}) => {
      // Of the address as it is now: two changes at once must not undo one another.
      const current = parseQuery(window.location.search, window.location.hash);
      void navigate(formatQuery({ ...current, ...changes }), { replace });
      if (!replace) window.scrollTo(0, 0); // new results are read from the top
    },
    [navigate],
  );
  return [query, change];
}
