import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { Verdict } from "@/api/feedback";
import { Button } from "@/components/ui/Button";
import { readableField } from "@/names";
import { clsx } from "clsx";
import type { TagAddress } from "./address";
import { type JudgedTag, judgeTags, type TagList, type Verdicts } from "./selection";
import { TagRow } from "./TagRow";

interface Props {
  attribute: string;
  tags: TagList;
  shift: number;
  verdicts: Verdicts;
  address: TagAddress;
  onJudge: (label: string, verdict: Verdict) => void;
}

const SHOWN = 3;

/** The labels of an attribute, the most probable first. */
export function AttributeTags({ attribute, tags, shift, verdicts, address, onJudge }: Props) {
  const { t } = useTranslation();
  const heading = useId();
  const judged = judgeTags(attribute, tags, shift, verdicts);
  const open = address.open.includes(attribute);
  const shown = judged.filter((tag, rank) => open || rank < SHOWN || matters(tag));
  const toggle = () => {
    const others = address.open.filter((other) => other !== attribute);
    address.change({ open: open ? others : [...others, attribute] });
  };
  return (
    <section
      aria-labelledby={heading}
      className={clsx(
        "bg-surface border-line flex flex-col gap-1 rounded-xl border p-3",
        open && "col-span-full",
      )}
    >
      <div className="flex min-h-7 items-center gap-2">
        <h2 id={heading} className="font-semibold">
          {readableField(attribute)}
        </h2>
        {!judged.some((tag) => tag.chosen) && (
          <span className="text-muted text-xs">{t("tag.tags.none")}</span>
        )}
        {judged.length > SHOWN && (
          <Button
            variant="quiet"
            size="small"
            aria-expanded={open}
            onClick={toggle}
            className="ml-auto"
          >
            {open ? t("tag.tags.showFewer") : t("tag.tags.showAll", { count: judged.length })}
          </Button>
        )}
      </div>
      <ul className={clsx("grid gap-x-8", open && "@xl:grid-cols-2 @5xl:grid-cols-3")}>
        {shown.map((tag) => (
          <TagRow
            key={tag.name}
            tag={tag}
            why={address.why === tag.name}
            onWhy={() => address.change({ why: address.why === tag.name ? null : tag.name })}
            onJudge={(verdict) => onJudge(tag.label, verdict)}
          />
        ))}
      </ul>
    </section>
  );
}

function matters(tag: JudgedTag): boolean {
  return tag.chosen || tag.change !== null || tag.verdict !== null;
}
