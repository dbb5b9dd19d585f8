import { clsx } from "clsx";
import { SearchX } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { Button } from "@/components/ui/Button";
import { isRanked, type SearchQuery } from "@/query/query";
import { askAgain } from "@/queryClient";
import type { Change } from "@/query/useSearchQuery";
import { NO_FILTERS, refusalOf } from "./refusal";
import { ResultCard } from "./ResultCard";
import type { useResults } from "./useResults";

const GRID = "grid grid-cols-2 gap-3 sm:grid-cols-[repeat(auto-fill,minmax(11.5rem,1fr))] xl:gap-4";
/** How far below the window the next page is fetched already. */
const AHEAD = "1200px";
/** As many as a laptop shows: of another answer they come first, what is below a moment later. */
const FIRST = 8;

interface Props {
  query: SearchQuery;
  results: ReturnType<typeof useResults>;
  /** Why there are none of this query. */
  problem: Error | null;
  change: Change;
}

export function Results({ query, results, problem, change }: Props) {
  const { t } = useTranslation();
  const { data, isPending } = results;
  const items = useMemo(() => data?.pages.flatMap((page) => page.results) ?? [], [data]);
  const before = useDeferredValue(items);
  // A list that got shorter for a moment would have the next page fetched.
  const rest = before[0] === items[0] || before.length < items.length ? items : before;
  if (problem) return <Problem query={query} error={problem} change={change} />;
  if (isPending) return <Placeholders />;
  if (items.length === 0) return <Nothing query={query} change={change} />;
  return (
    <>
      <ul
        aria-label={t("search.results")}
        aria-busy={results.isPlaceholderData}
        className={clsx(
          GRID,
          "transition-opacity",
          results.isPlaceholderData && "opacity-70 delay-200",
        )}
      >
        {/* By place: another answer fills the cards that are there, and nothing is moved. */}
        {[...items.slice(0, FIRST), ...rest.slice(FIRST)].map((item, place) => (
          <ResultCard key={place} item={item} change={change} eager={place < FIRST} />
        ))}
      </ul>
      <NextPage results={results} />
    </>
  );
}

interface ProblemProps extends Pick<Props, "query" | "change"> {
  error: Error;
}

/** Says why there are no results, and leads on: by asking again, or without what is at fault. */
function Problem({ query, error, change }: ProblemProps) {
  const { t } = useTranslation();
  const refusal = refusalOf(query, error);
  if (refusal === null) return <ErrorNotice error={error} onRetry={() => askAgain("search")} />;
  return (
    <ErrorNotice
      error={error}
      action={
        <Button onClick={() => change(refusal.changes)}>
          {t(`search.refused.${refusal.part}.action`)}
        </Button>
      }
    >
      {refusal.part === "query" ? error.message : t(`search.refused.${refusal.part}.advice`)}
    </ErrorNotice>
  );
}

/** Fetches the next page before its place comes into view. */
function NextPage({ results }: Pick<Props, "results">) {
  const { t } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = results;
  useEffect(() => {
    const element = place.current;
    if (!element || !hasNextPage || isFetching || isFetchNextPageError) return;
    const observer = new IntersectionObserver(
      ([entry]) => entry?.isIntersecting && void fetchNextPage(),
      { rootMargin: AHEAD },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [hasNextPage, isFetching, isFetchNextPageError, fetchNextPage]);
  const problem = results.isFetchingNextPage || isFetchNextPageError ? results.failureReason : null;
  if (problem) return <ErrorNotice error={problem} onRetry={() => void results.refetch()} />;
  return (
    <div ref={place} className="text-muted py-6 text-center">
      {hasNextPage ? (
        <Button variant="quiet" onClick={() => void fetchNextPage()}>
          {t("search.loadingMore")}
        </Button>
      ) : (
        t("search.end")
      )}
    </div>
  );
}

function Nothing({ query, change }: Pick<Props, "query" | "change">) {
  const { t } = useTranslation();
  const filtered = query.chosen.length + query.excluded.length > 0;
  return (
    <Notice
      icon={SearchX}
      title={t("search.nothing.title")}
      action={
        <div className="flex flex-wrap justify-center gap-2">
          {filtered && (
            <Button onClick={() => change(NO_FILTERS)}>{t("search.refused.filters.action")}</Button>
          )}
          {isRanked(query) && !query.irrelevant && (
            <Button onClick={() => change({ irrelevant: true })}>
              {t("search.nothing.showAnyway")}
            </Button>
          )}
        </div>
      }
    >
      {t(isRanked(query) ? "search.nothing.relevant" : "search.nothing.filters")}
    </Notice>
  );
}

function Placeholders() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("search.searching")} className={GRID}>
      {Array.from({ length: 12 }, (_, i) => (
        <div key={i} className="bg-surface border-line animate-pulse rounded-xl border">
          <div className="bg-raised aspect-square rounded-t-xl" />
          <div className="h-24" />
        </div>
      ))}
    </div>
  );
}
