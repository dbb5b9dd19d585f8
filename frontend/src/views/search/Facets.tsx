import { Ban } from "lucide-react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/client";
import type { FacetValue } from "@/api/types";
import { InlineError } from "@/components/InlineError";
import { Button } from "@/components/ui/Button";
import { readableField } from "@/names";
import { askAgain } from "@/queryClient";
import { type Choice, sameChoice, type SearchQuery } from "@/query/query";
import type { Change } from "@/query/useSearchQuery";
import { NO_FILTERS } from "./refusal";
import type { Facets as Counted } from "./useResults";

/** Values of a field shown until all are asked for. */
const FIRST = 6;

type Filters = Pick<SearchQuery, "chosen" | "excluded" | "unfolded">;

interface Props extends Filters {
  facets: Counted;
  /** Why values are not counted. */
  problem: Error | null;
  change: Change;
}

/** What narrows the results; memoised, as words are typed more often than filters change. */
export const Facets = memo(function Facets({ facets, problem, change, ...query }: Props) {
  const { t } = useTranslation();
  const refused = problem instanceof ApiError && problem.status === 400; // only filters are asked with
  return (
    <div className="flex flex-col gap-5">
      <label className="flex cursor-pointer items-center gap-2 px-1 font-medium">
        <input
          type="checkbox"
          checked={!query.unfolded}
          onChange={() => change({ unfolded: !query.unfolded })}
          className="accent-accent size-4"
        />
        {t("search.fold")}
      </label>
      {problem && (
        <InlineError
          error={problem}
          action={
            <Button
              size="small"
              onClick={() => (refused ? change(NO_FILTERS) : askAgain("facets"))}
            >
              {t(refused ? "search.refused.filters.action" : "common.retry")}
            </Button>
          }
        >
          {refused ? t("search.refused.filters.advice") : undefined}
        </InlineError>
      )}
      {facets.map(([field, values]) => (
        <Facet key={field} field={field} values={values} query={query} change={change} />
      ))}
    </div>
  );
});

interface FacetProps {
  query: Filters;
  change: Change;
  field: string;
  values: FacetValue[];
}

function Facet({ field, values, query, change }: FacetProps) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const chosen = (choice: Choice) => query.chosen.some((other) => sameChoice(choice, other));
  const shown = values.filter(({ value }, i) => all || i < FIRST || chosen({ field, value }));
  const hidden = values.length - shown.length;
  return (
    <fieldset>
      <legend className="mb-1.5 font-semibold">{readableField(field)}</legend>
      <ul>
        {shown.map(({ value, count }) => (
          <Value
            key={String(value)}
            choice={{ field, value }}
            count={count}
            chosen={chosen({ field, value })}
            query={query}
            change={change}
          />
        ))}
      </ul>
      {(hidden > 0 || all) && values.length > FIRST && (
        <Button variant="quiet" size="small" className="-ml-2" onClick={() => setAll(!all)}>
          {all ? t("search.showFewer") : t("search.showMore", { count: hidden })}
        </Button>
      )}
    </fieldset>
  );
}

interface ValueProps {
  query: Filters;
  change: Change;
  choice: Choice;
  count: number;
  chosen: boolean;
}

function Value({ choice, count, chosen, query, change }: ValueProps) {
  const { t } = useTranslation();
  const value = String(choice.value);
  const excludable = !choice.field.startsWith("metadata.");
  const others = query.chosen.filter((other) => !sameChoice(other, choice));
  return (
    <li className="group flex items-center gap-1">
      <label className="hover:bg-raised flex min-w-0 grow cursor-pointer items-center gap-2 rounded-md px-1 py-1">
        <input
          type="checkbox"
          checked={chosen}
          onChange={() => change({ chosen: chosen ? others : [...query.chosen, choice] })}
          className="accent-accent size-4 shrink-0"
        />
        <span className="truncate">{value}</span>
        <span className="text-muted ml-auto text-xs tabular-nums">{count.toLocaleString()}</span>
      </label>
      {excludable && (
        <Button
          variant="quiet"
          size="tiny"
          aria-label={t("search.exclude", { value })}
          title={t("search.exclude", { value })}
          onClick={() => change({ chosen: others, excluded: [...query.excluded, choice] })}
          className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100"
        >
          <Ban />
        </Button>
      )}
    </li>
  );
}
