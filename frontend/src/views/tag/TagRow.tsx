import { Check, CircleCheck, CircleDashed, CircleX, Eye, Plus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Verdict } from "@/api/feedback";
import { Button } from "@/components/ui/Button";
import { percent } from "@/names";
import { clsx } from "clsx";
import type { JudgedTag } from "./selection";

interface Props {
  tag: JudgedTag;
  /** Its heatmap is shown. */
  why: boolean;
  onWhy: () => void;
  onJudge: (verdict: Verdict) => void;
}

export function TagRow({ tag, why, onWhy, onJudge }: Props) {
  const { t } = useTranslation();
  const { label, chosen, verdict } = tag;
  const judgeable = chosen || verdict !== null;
  return (
    <li className="@container flex items-center gap-2 py-1">
      <Mark tag={tag} />
      <div className="min-w-0 grow">
        <div className="flex items-baseline gap-1.5">
          <span
            title={label}
            className={clsx(
              "truncate",
              chosen ? "font-semibold" : "text-muted",
              verdict === "reject" && "line-through",
            )}
          >
            {label}
          </span>
          {tag.change !== null && <Changed change={tag.change} />}
          <span className={clsx("ml-auto shrink-0 tabular-nums", !chosen && "text-muted")}>
            {percent(tag.probability)}
          </span>
        </div>
        <Bar tag={tag} />
      </div>
      <div className="flex w-[5.25rem] shrink-0 justify-end">
        {tag.explainable && (
          <Toggle label={t("tag.tags.why", { label })} pressed={why} onClick={onWhy}>
            <Eye />
          </Toggle>
        )}
        <Toggle
          label={t(judgeable ? "tag.tags.accept" : "tag.tags.add", { label })}
          pressed={verdict === "accept"}
          onClick={() => onJudge("accept")}
        >
          {judgeable ? <Check /> : <Plus />}
        </Toggle>
        {judgeable && (
          <Toggle
            label={t("tag.tags.reject", { label })}
            pressed={verdict === "reject"}
            onClick={() => onJudge("reject")}
          >
            <X />
          </Toggle>
        )}
      </div>
    </li>
  );
}

/** What the slider did to it; in a narrow row the sign alone is seen. */
function Changed({ change }: { change: "gained" | "lost" }) {
  const { t } = useTranslation();
  return (
    <span
      title={t(`tag.tags.${change}`)}
      className={clsx(
        "relative shrink-0 text-xs font-semibold",
        change === "gained" ? "text-good" : "text-warn",
      )}
    >
      {change === "gained" ? "+ " : "− "}
      <span className="sr-only @min-[19rem]:not-sr-only">{t(`tag.tags.${change}`)}</span>
    </span>
  );
}

/** Whether it is one of the picture's tags: by its shape, and for those who cannot see it in words. */
function Mark({ tag: { chosen, verdict } }: { tag: JudgedTag }) {
  const { t } = useTranslation();
  const Icon = chosen ? CircleCheck : verdict === "reject" ? CircleX : CircleDashed;
  const words = [
    chosen && t("tag.tags.chosen"),
    verdict === "accept" && t("tag.tags.accepted"),
    verdict === "reject" && t("tag.tags.rejected"),
  ].filter((word) => word !== false);
  return (
    <>
      <Icon
        aria-hidden
        className={clsx(
          "size-4 shrink-0",
          verdict === "accept"
            ? "text-good"
            : verdict === "reject"
              ? "text-bad"
              : chosen
                ? "text-accent"
                : "text-field",
        )}
      />
      {words.length > 0 && <span className="sr-only">{words.join(", ")}</span>}
    </>
  );
}

function Bar({ tag: { label, probability, threshold, chosen } }: { tag: JudgedTag }) {
  const { t } = useTranslation();
  const needs = percent(threshold);
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(100 * probability)}
      aria-valuetext={t("tag.tags.meter", { probability: percent(probability), threshold: needs })}
      title={t("tag.tags.meter", { probability: percent(probability), threshold: needs })}
      className="relative flex h-3.5 items-center"
    >
      <span className="bg-line h-1.5 grow overflow-hidden rounded-full">
        <span
          className={clsx("block h-full rounded-full", chosen ? "bg-accent" : "bg-field")}
          style={{ width: `${100 * probability}%` }}
        />
      </span>
      <span
        className="bg-ink outline-surface absolute h-3 w-0.5 -translate-x-1/2 outline-1"
        style={{ left: `${100 * threshold}%` }}
      />
    </div>
  );
}

function Toggle({
  label,
  pressed,
  onClick,
  children,
}: {
  label: string;
  pressed: boolean;
  onClick: () => void;
  children: React.ReactNode;
}) {
  return (
    <Button
      variant="quiet"
      size="tiny"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      onClick={onClick}
      className={clsx(pressed && "bg-accent-soft text-ink ring-accent ring-1")}
    >
      {children}
    </Button>
  );
}
