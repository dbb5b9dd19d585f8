import { Check, Link2, SlidersHorizontal } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { Dialog, DialogClose } from "@/components/ui/Dialog";
import { Select } from "@/components/ui/Select";
import { canCopy, useCopy } from "@/components/useCopy";
import { readableField } from "@/names";
import { isRanked, type SearchQuery } from "@/query/query";
import type { Change } from "@/query/useSearchQuery";
import { Facets } from "./Facets";
import type { Facets as Counted } from "./useResults";

interface Props {
  query: SearchQuery;
  change: Change;
  facets: Counted;
  /** Fields that results can be sorted by. */
  fields: string[];
  total: number | undefined;
}

export function Toolbar({ query, change, facets, fields, total }: Props) {
  const { t } = useTranslation();
  return (
    <div className="flex items-center gap-2">
      <p role="status" className="text-muted mr-auto shrink-0 tabular-nums">
        {total !== undefined && t("search.total", { count: total })}
      </p>
      <FilterDialog query={query} change={change} facets={facets} />
      <Sorting sort={query.sort} ranked={isRanked(query)} change={change} fields={fields} />
      <CopyLink />
    </div>
  );
}

interface SortingProps extends Pick<Props, "change" | "fields"> {
  sort: string | null;
  ranked: boolean;
}

/** Memoised, as words are typed more often than the order changes. */
const Sorting = memo(function Sorting({ sort, ranked, change, fields }: SortingProps) {
  const { t } = useTranslation();
  const sorted = sort?.replace(/^-/, "");
  const known = sorted === undefined || fields.includes(sorted) ? fields : [...fields, sorted];
  const options = [
    { value: "", label: t(ranked ? "search.best" : "search.added") },
    ...known.flatMap((field) => [
      { value: field, label: t("search.ascending", { field: readableField(field) }) },
      { value: `-${field}`, label: t("search.descending", { field: readableField(field) }) },
    ]),
  ];
  return (
    <Select
      label={t("search.sort")}
      value={sort ?? ""}
      options={options}
      onChange={(chosen) => change({ sort: chosen === "" ? null : chosen })}
      className="w-48 min-w-0 shrink"
    />
  );
});

/** The facets where there is no room beside the results. */
function FilterDialog({ query, change, facets }: Pick<Props, "query" | "change" | "facets">) {
  const { t } = useTranslation();
  const count = query.chosen.length + query.excluded.length;
  return (
    <Dialog
      title={t("search.filters")}
      trigger={
        <Button className="lg:hidden">
          <SlidersHorizontal aria-hidden />
          {count === 0 ? t("search.filters") : t("search.filtersActive", { count })}
        </Button>
      }
    >
      <Facets
        facets={facets}
        chosen={query.chosen}
        excluded={query.excluded}
        unfolded={query.unfolded}
        change={change}
      />
      <DialogClose asChild>
        <Button variant="primary" className="sticky bottom-0">
          {t("search.showResults")}
        </Button>
      </DialogClose>
    </Dialog>
  );
}

function CopyLink() {
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  if (!canCopy()) return null;
  return (
    <Button onClick={() => void copy(window.location.href)} className="max-sm:px-2.5">
      {copied ? <Check aria-hidden className="text-good" /> : <Link2 aria-hidden />}
      <span role="status" className="max-sm:sr-only">
        {t(copied ? "search.shared" : "search.share")}
      </span>
    </Button>
  );
}
