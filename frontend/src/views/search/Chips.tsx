import { Minus, Plus } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { imagePath } from "@/api/client";
import { ItemPicture } from "@/components/ItemPicture";
import { Button } from "@/components/ui/Button";
import { Chip } from "@/components/ui/Chip";
import { readableField } from "@/names";
import { isEmpty, sameChoice, type SearchQuery } from "@/query/query";
import { Swatch } from "./ColourPicker";

interface Props {
  query: SearchQuery;
  change: (changes: Partial<SearchQuery>) => void;
}

/** What the query is made of beside its words and picture; each part can be taken out. */
export function Chips({ query, change }: Props) {
  const { t } = useTranslation();
  if (isEmpty({ ...query, text: "", picture: null })) return null;
  return (
    <ul aria-label={t("search.query")} className="flex flex-wrap items-center gap-2">
      {query.colour !== null && (
        <li>
          <Chip
            tone="accent"
            removeLabel={t("search.colour.remove")}
            onRemove={() => change({ colour: null })}
          >
            <Swatch colour={query.colour} />
            {t("search.colour.chip", { colour: query.colour })}
          </Chip>
        </li>
      )}
      {query.like.map((id) => (
        <ItemChip
          key={id}
          id={id}
          icon={<Plus className="size-3" aria-hidden />}
          label={t("search.like", { name: id })}
          removeLabel={t("search.removeLike", { name: id })}
          onRemove={() => change({ like: query.like.filter((other) => other !== id) })}
        />
      ))}
      {query.unlike.map((id) => (
        <ItemChip
          key={id}
          id={id}
          unlike
          icon={<Minus className="size-3" aria-hidden />}
          label={t("search.unlike", { name: id })}
          removeLabel={t("search.removeUnlike", { name: id })}
          onRemove={() => change({ unlike: query.unlike.filter((other) => other !== id) })}
        />
      ))}
      <ChoiceChips query={query} change={change} />
      <li>
        <Button
          variant="quiet"
          size="small"
          onClick={() => change({ colour: null, like: [], unlike: [], chosen: [], excluded: [] })}
        >
          {t("search.clear")}
        </Button>
      </li>
    </ul>
  );
}

function ChoiceChips({ query, change }: Props) {
  const { t } = useTranslation();
  return (["chosen", "excluded"] as const).flatMap((kind) =>
    query[kind].map((choice) => {
      const value = String(choice.value);
      const field = readableField(choice.field);
      return (
        <li key={`${kind} ${choice.field} ${value}`}>
          <Chip
            tone={kind === "chosen" ? "plain" : "bad"}
            removeLabel={t("search.removeFilter", { value })}
            onRemove={() =>
              change({ [kind]: query[kind].filter((other) => !sameChoice(other, choice)) })
            }
          >
            <span className="truncate">
              {t("search.chosen", {
                field,
                value: kind === "chosen" ? value : t("search.excludedChip", { value }),
              })}
            </span>
          </Chip>
        </li>
      );
    }),
  );
}

interface ItemChipProps {
  id: string;
  icon: ReactNode;
  label: string;
  removeLabel: string;
  unlike?: boolean;
  onRemove: () => void;
}

function ItemChip({ id, icon, label, removeLabel, unlike = false, onRemove }: ItemChipProps) {
  return (
    <li>
      <Chip tone={unlike ? "bad" : "accent"} removeLabel={removeLabel} onRemove={onRemove}>
        {icon}
        <ItemPicture url={imagePath(id)} side={64} alt={label} className="size-6 rounded" />
      </Chip>
    </li>
  );
}
