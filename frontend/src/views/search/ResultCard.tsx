import { Copy, Minus, Plus } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { itemAddress } from "@/addresses";
import { imagePath } from "@/api/client";
import type { FoundItem } from "@/api/types";
import { ItemPicture } from "@/components/ItemPicture";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { itemName, percent } from "@/names";
import type { Change } from "@/query/useSearchQuery";

/** Pixels a side of a picture in the grid at most, on a dense screen. */
const SIDE = 448;
const LABELS = 3;

interface Props {
  item: FoundItem;
  change: Change;
  eager: boolean;
}

// Made once: dozens of cards get another item whenever somebody types.
const PLUS = <Plus />;
const MINUS = <Minus />;

export const ResultCard = memo(function ResultCard({ item, change, eager }: Props) {
  const { t } = useTranslation();
  const { id, score, relevance } = item;
  const more = t("search.more");
  const less = t("search.less");
  const name = itemName(item);
  return (
    <li className="group bg-surface border-line relative flex [contain-intrinsic-size:auto_20rem] [content-visibility:auto] flex-col overflow-hidden rounded-xl border">
      <Link
        to={itemAddress(id)}
        className="flex grow flex-col outline-offset-[-2px]"
        data-item={id}
      >
        <ItemPicture
          url={item.image_url}
          version={item.etag}
          side={SIDE}
          alt=""
          eager={eager}
          className="aspect-square w-full"
        />
        <span className="flex grow flex-col gap-1.5 p-2.5">
          <span className="line-clamp-2 leading-snug font-medium">{name}</span>
          <span className="text-muted line-clamp-1 text-xs">
            {item.labels.slice(0, LABELS).join(" · ")}
          </span>
          {score !== null && (
            <span className="text-muted mt-auto flex justify-between gap-2 text-xs tabular-nums">
              <span title={t("search.score")}>
                <span className="sr-only">{t("search.score")} </span>
                {score.toFixed(2)}
              </span>
              {typeof relevance === "number" && (
                <span>{t("search.relevance", { percent: percent(relevance) })}</span>
              )}
            </span>
          )}
        </span>
      </Link>
      <div className="absolute top-2 right-2 flex gap-1 opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100">
        <Button
          size="tiny"
          aria-label={more}
          title={more}
          onClick={() =>
            change(({ like, unlike }) => ({ like: added(like, id), unlike: without(unlike, id) }))
          }
        >
          {PLUS}
        </Button>
        <Button
          size="tiny"
          aria-label={less}
          title={less}
          onClick={() =>
            change(({ like, unlike }) => ({ like: without(like, id), unlike: added(unlike, id) }))
          }
        >
          {MINUS}
        </Button>
      </div>
      {item.duplicates && <Duplicates key={id} ids={item.duplicates} />}
    </li>
  );
});

function added(ids: readonly string[], id: string): string[] {
  return [...without(ids, id), id];
}

function without(ids: readonly string[], id: string): string[] {
  return ids.filter((other) => other !== id);
}

/** The items that this one stands for. */
function Duplicates({ ids }: { ids: string[] }) {
  const { t } = useTranslation();
  return (
    <Dialog
      title={t("search.similarTitle")}
      trigger={
        <Button size="small" className="absolute top-2 left-2">
          <Copy aria-hidden />
          {ids.length}
          <span className="sr-only">{t("search.similar", { count: ids.length })}</span>
        </Button>
      }
    >
      <ul className="grid grid-cols-3 gap-2 sm:grid-cols-4">
        {ids.map((id) => (
          <li key={id}>
            <Link to={itemAddress(id)} className="block">
              <ItemPicture
                url={imagePath(id)}
                side={SIDE}
                alt={id}
                className="border-line aspect-square w-full rounded-lg border"
              />
            </Link>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
