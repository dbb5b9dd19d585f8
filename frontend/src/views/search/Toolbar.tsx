import { Check, Link2, SlidersHorizontal } from "lucide-react";
import { memo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { Dialog, DialogClose } from "@/components/ui/Dialog";
import { Select } from "@/components/ui/Select";
import { canCopy, useCopy } from "@/components/useCopy";
import { readableField } from "@/names";
import { isRanked, type SearchQuery } from "@/query/query";
import type { Change } from "@/query/useSearchQuery";

interface Props {
  query: SearchQuery;
  change: Change;
  /** What is shown in a dialog where there is no room for it beside the results. */
  filters: ReactNode;
  /** Fields that results can be sorted by. */
  fields: string[];
  /** How many items the filters leave, unless there are no results. */
  total: number | undefined;
}

export function Toolbar({ query, change, filters, fields, total }: Props) {
  const { t } = useTranslation();
  const ranked = isRanked(query);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <div className="flex grow basis-full items-center justify-between gap-2 sm:basis-auto">
        <p role="status" className="text-muted tabular-nums">
          {total !== undefined && t(ranked ? "search.among" : "search.total", { count: total })}
        </p>
        <FilterDialog count={query.chosen.length + query.excluded.length}>{filters}</FilterDialog>
      </div>
      <Sorting sort={query.sort} ranked={ranked} change={change} fields={fields} />
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
      className="w-48 grow sm:grow-0"
    />
  );
});

function FilterDialog({ count, children }: { count: number; children: ReactNode }) {
  const { t } = useTranslation();
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
      {children}
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
