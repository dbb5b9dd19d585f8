import { BadgeCheck, Sparkles, ThumbsDown, ThumbsUp } from "lucide-react";
import { clsx } from "clsx";
import { Fragment, useState } from "react";
import { useTranslation } from "react-i18next";
import { useTagFeedback, type Verdict } from "@/api/feedback";
import type { Item } from "@/api/types";
import { KeyedButton } from "@/components/KeyedButton";
import { UnsentVerdicts } from "@/components/UnsentVerdicts";
import { percent, readableField } from "@/names";

type PredictedTag = Item["tags"][string][number];

/** Given labels and predicted tags of each attribute, told apart. */
export function TagList({ item }: { item: Item }) {
  const { t } = useTranslation();
  const attributes = [...new Set([...Object.keys(item.given), ...Object.keys(item.tags)])];
  const { verdicts, unsent, send } = useTagFeedback(`${item.id} ${item.etag}`);
  const [noted, setNoted] = useState("");
  const judge = (attribute: string, label: string, verdict: Verdict) => {
    const said = t(verdict === "accept" ? "item.tags.accepted" : "item.tags.rejected", { label });
    const given = { id: item.id, tag: `${attribute}=${label}`, verdict };
    send(given, { onSuccess: () => setNoted(said) });
  };
  return (
    <section aria-labelledby="tags" className="flex flex-col gap-3">
      <div>
        <h2 id="tags" className="text-base font-semibold">
          {t("item.tags.title")}
        </h2>
        <p className="text-muted mt-1 flex flex-wrap gap-x-4 gap-y-1 text-xs">
          <span className="inline-flex items-center gap-1.5">
            <BadgeCheck className="text-accent size-3.5" aria-hidden />
            {t("item.tags.givenAbout")}
          </span>
          <span className="inline-flex items-center gap-1.5">
            <Sparkles className="size-3.5" aria-hidden />
            {t("item.tags.predictedAbout")}
          </span>
        </p>
      </div>
      {attributes.length === 0 && <p className="text-muted">{t("item.tags.none")}</p>}
      <dl className="grid gap-x-4 gap-y-1.5 sm:grid-cols-[minmax(6rem,max-content)_1fr]">
        {attributes.map((attribute) => (
          <Fragment key={attribute}>
            <dt className="text-muted mt-1 font-medium sm:mt-0 sm:py-1.5">
              {readableField(attribute)}
            </dt>
            <dd className="flex flex-wrap items-center gap-1.5">
              {(item.given[attribute] ?? []).map((label) => (
                <GivenLabel key={label} label={label} />
              ))}
              {(item.tags[attribute] ?? []).map((tag) => (
                <PredictedLabel
                  key={tag.label}
                  tag={tag}
                  verdict={verdicts.get(`${attribute}=${tag.label}`)}
                  onJudge={(verdict) => judge(attribute, tag.label, verdict)}
                />
              ))}
            </dd>
          </Fragment>
        ))}
      </dl>
      <UnsentVerdicts unsent={unsent} onSend={send} />
      <p role="status" className="sr-only">
        {noted}
      </p>
    </section>
  );
}

function GivenLabel({ label }: { label: string }) {
  const { t } = useTranslation();
  return (
    <span className="bg-accent-soft inline-flex min-h-8 max-w-full items-center gap-1.5 rounded-full px-3 font-medium">
      <BadgeCheck className="text-accent size-3.5 shrink-0" aria-hidden />
      <span className="wrap-anywhere">{label}</span>
      <span className="sr-only">({t("item.tags.given")})</span>
    </span>
  );
}

interface PredictedProps {
  tag: PredictedTag;
  verdict: Verdict | undefined;
  onJudge: (verdict: Verdict) => void;
}

const VERDICTS = [
  ["accept", ThumbsUp, "text-good"],
  ["reject", ThumbsDown, "text-bad"],
] as const;

function PredictedLabel({ tag, verdict, onJudge }: PredictedProps) {
  const { t } = useTranslation();
  return (
    <span className="border-field inline-flex min-h-8 max-w-full items-center gap-1.5 rounded-full border border-dashed pr-1 pl-3">
      <Sparkles className="text-muted size-3.5 shrink-0" aria-hidden />
      <span className={clsx("wrap-anywhere", verdict === "reject" && "line-through")}>
        {tag.label}
      </span>
      <span className="sr-only">({t("item.tags.predicted")})</span>
      <span className="text-muted tabular-nums">{percent(tag.probability)}</span>
      <span className="flex">
        {VERDICTS.map(([value, Icon, colour]) => (
          <KeyedButton
            key={value}
            variant="quiet"
            size="tiny"
            aria-label={t(`item.tags.${value}`, { label: tag.label })}
            aria-pressed={verdict === value}
            onClick={() => onJudge(value)}
            className="rounded-full"
          >
            <Icon className={clsx(verdict === value && `${colour} fill-current`)} aria-hidden />
          </KeyedButton>
        ))}
      </span>
    </span>
  );
}
