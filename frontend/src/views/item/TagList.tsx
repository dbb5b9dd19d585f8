import { useMutation } from "@tanstack/react-query";
import { BadgeCheck, Sparkles, ThumbsDown, ThumbsUp } from "lucide-react";
import { clsx } from "clsx";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import type { Item } from "@/api/types";
import { InlineError } from "@/components/InlineError";
import { KeyedButton } from "@/components/KeyedButton";
import { percent, readableField } from "@/names";
import { judgeTag, type Verdict } from "./queries";
import { useState } from "react";

type PredictedTag = Item["tags"][string][number];

/** Given labels and predicted tags of each attribute, told apart. */
export function TagList({ item }: { item: Item }) {
  const { t } = useTranslation();
  const attributes = [...new Set([...Object.keys(item.given), ...Object.keys(item.tags)])];
  const { verdicts, judge, error, said } = useJudgements(item.id);
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
                  verdict={verdicts[`${attribute}=${tag.label}`]}
                  onJudge={(verdict) => judge({ attribute, label: tag.label, verdict })}
                />
              ))}
            </dd>
          </Fragment>
        ))}
      </dl>
      {error && <InlineError error={error} />}
      <p role="status" className="sr-only">
        {said}
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

interface Judgement {
  attribute: string;
  label: string;
  verdict: Verdict;
}

/** Sends judgements. The service gives none back, so they are shown until the view is left. */
function useJudgements(id: string) {
  const { t } = useTranslation();
  const [verdicts, setVerdicts] = useState<Record<string, Verdict>>({});
  const [said, setSaid] = useState("");
  const { mutate, error } = useMutation({
    mutationFn: ({ attribute, label, verdict }: Judgement) =>
      judgeTag(id, `${attribute}=${label}`, verdict),
    onSuccess: (_, { attribute, label, verdict }) => {
      setVerdicts((before) => ({ ...before, [`${attribute}=${label}`]: verdict }));
      setSaid(t(verdict === "accept" ? "item.tags.accepted" : "item.tags.rejected", { label }));
    },
  });
  return { verdicts, judge: mutate, error, said };
}
