import { clsx } from "clsx";
import { ImageUp } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Page } from "@/components/Page";
import { PictureDrop } from "@/components/PictureDrop";
import { Button } from "@/components/ui/Button";
import { isEmpty } from "@/query/query";
import { useSearchQuery } from "@/query/useSearchQuery";
import { Chips } from "./Chips";
import { ColourPicker } from "./ColourPicker";
import { CropPanel } from "./CropPanel";
import { Facets } from "./Facets";
import { Results } from "./Results";
import { Toolbar } from "./Toolbar";
import { Understood } from "./Understood";
import { sortableFields } from "./sortableFields";
import { askAhead, problemOf, useFacets, useResults } from "./useResults";
import { usePicture } from "./usePicture";
import { WordsBox } from "./WordsBox";

export function SearchView() {
  const { t } = useTranslation();
  const [query, change] = useSearchQuery();
  const results = useResults(query);
  const { facets, problem: uncounted } = useFacets(query);
  const [unreadable, takePictures] = usePicture(change);
  const problem = results.isFetchNextPageError ? null : problemOf(results);
  const first = problem === null ? results.data?.pages[0] : undefined;
  const fields = useMemo(() => sortableFields(facets, first?.results ?? []), [facets, first]);
  const filters = (
    <Facets
      facets={facets}
      problem={uncounted}
      chosen={query.chosen}
      excluded={query.excluded}
      unfolded={query.unfolded}
      change={change}
    />
  );
  return (
    <Page title={t("search.title")} hideTitle>
      <PictureDrop
        onPictures={takePictures}
        className="flex flex-wrap items-center gap-2 rounded-xl"
      >
        <WordsBox
          text={query.text}
          onChange={(text, replace) => {
            askAhead({ ...query, text });
            change({ text }, { replace });
          }}
        />
        <ColourPicker
          colour={query.colour}
          onChange={(colour, replace) => change({ colour }, { replace })}
        />
      </PictureDrop>
      <div role="alert" className="contents">
        {unreadable !== null && (
          <p className="bg-bad-soft text-bad rounded-lg px-3 py-2">{unreadable}</p>
        )}
      </div>
      {/* One place for both, so that nothing below moves when a query begins. */}
      <div className="-my-1 min-h-8">
        {isEmpty(query) ? (
          <Introduction onTry={(text) => change({ text })} />
        ) : (
          <Chips query={query} change={change} />
        )}
      </div>
      <div className="flex flex-col items-stretch gap-6 lg:flex-row lg:items-start">
        <aside
          aria-label={t("search.filters")}
          className={clsx(
            "flex-col gap-5 lg:sticky lg:top-14 lg:-my-5 lg:flex lg:max-h-[calc(100dvh-3.5rem)] lg:w-66 lg:shrink-0 lg:overflow-y-auto lg:py-5 lg:pr-2 lg:pl-1",
            query.picture === null ? "hidden" : "flex",
          )}
        >
          {query.picture === null ? (
            <Invitation />
          ) : (
            <CropPanel
              picture={query.picture}
              crop={query.crop}
              onCrop={(crop) => change({ crop })}
              onRemove={() => change({ picture: null, crop: null })}
            />
          )}
          <div className="hidden lg:block">{filters}</div>
        </aside>
        <div className="flex min-w-0 grow flex-col gap-3">
          <Toolbar
            query={query}
            change={change}
            filters={filters}
            fields={fields}
            total={first && first.results.length > 0 ? first.total : undefined}
          />
          <Understood understood={first?.understood} />
          <Results query={query} results={results} problem={problem} change={change} />
        </div>
      </div>
    </Page>
  );
}

/** Stands where the picture will be, as large, so that nothing moves when it comes. */
function Invitation() {
  const { t } = useTranslation();
  return (
    <p className="border-field text-muted flex h-72 shrink-0 flex-col items-center justify-center gap-3 rounded-2xl border border-dashed p-6 text-center">
      <ImageUp className="size-8" strokeWidth={1.5} aria-hidden />
      {t("search.picture.invitation")}
    </p>
  );
}

function Introduction({ onTry }: { onTry: (text: string) => void }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <p className="text-muted">{t("search.intro")}</p>
      <div className="flex flex-wrap items-center gap-1.5">
        <span className="text-muted">{t("search.tryOne")}:</span>
        {t("search.examples", { returnObjects: true }).map((example) => (
          <Button key={example} size="small" onClick={() => onTry(example)}>
            {example}
          </Button>
        ))}
      </div>
    </div>
  );
}
