import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { itemAddress } from "@/addresses";
import type { FoundItem, Item } from "@/api/types";
import { ErrorNotice } from "@/components/ErrorNotice";
import { ItemPicture } from "@/components/ItemPicture";
import { itemName } from "@/names";
import { askAgain } from "@/queryClient";
import { neighboursQuery } from "./queries";

const GRID = "grid grid-cols-[repeat(auto-fill,minmax(min(9.5rem,42vw),1fr))] gap-3";

/** The items most like this one. */
export function Neighbours({ item }: { item: Item }) {
  const { t } = useTranslation();
  const { data, error, failureReason } = useQuery(neighboursQuery(item));
  const problem = error ?? failureReason;
  return (
    <section aria-labelledby="neighbours" className="border-line flex flex-col gap-3 border-t pt-5">
      <div>
        <h2 id="neighbours" className="text-lg font-semibold">
          {t("item.neighbours.title")}
        </h2>
        <p className="text-muted">{t("item.neighbours.about")}</p>
      </div>
      {problem && !data && <ErrorNotice error={problem} onRetry={() => askAgain("search")} />}
      {data?.results.length === 0 && <p className="text-muted py-6">{t("item.neighbours.none")}</p>}
      <ul className={GRID} aria-busy={!data && !problem}>
        {data?.results.map((found) => (
          <li key={found.id}>
            <Neighbour found={found} />
          </li>
        ))}
        {!data && !problem && Array.from({ length: 12 }, (_, index) => <Placeholder key={index} />)}
      </ul>
    </section>
  );
}

function Neighbour({ found }: { found: FoundItem }) {
  const { t } = useTranslation();
  const name = itemName(found);
  const duplicates = found.duplicates?.length ?? 0;
  return (
    <Link
      to={itemAddress(found.id)}
      className="border-line bg-surface hover:border-field block h-full overflow-hidden rounded-xl border"
    >
      <ItemPicture
        url={found.image_url}
        version={found.etag}
        alt=""
        side={448}
        className="aspect-3/4 w-full"
      />
      <span className="block px-3 py-2">
        <span className="line-clamp-2 min-h-10 wrap-anywhere">{name}</span>
        <span className="text-muted mt-1 flex flex-wrap gap-x-2 text-xs tabular-nums">
          {found.score !== null && t("item.neighbours.score", { score: found.score.toFixed(2) })}
          {duplicates > 0 && <span>{t("item.neighbours.duplicates", { count: duplicates })}</span>}
        </span>
      </span>
    </Link>
  );
}

function Placeholder() {
  return (
    <li aria-hidden>
      <div className="bg-raised aspect-3/4 animate-pulse rounded-t-xl" />
      <div className="h-19" />
    </li>
  );
}
