import { clsx } from "clsx";
import { Check, CircleCheck, Minus, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Health } from "@/api/types";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Card } from "./Card";
import { CopyButton } from "@/components/CopyButton";
import { canCopy } from "@/components/useCopy";
import { count } from "./format";
import { useHealth } from "./queries";
import { SwapLine } from "./SwapLine";

/** What the server serves; while it cannot, why. */
export function ServedCard() {
  const { t } = useTranslation();
  const health = useHealth();
  const error = health.error ?? health.failureReason;
  return (
    <Card
      title={t("health.served.title")}
      action={error === null && <Agreement health={health.data} />}
    >
      {error === null ? (
        <Served health={health.data} />
      ) : (
        <ErrorNotice error={error} onRetry={() => void health.refetch()} />
      )}
    </Card>
  );
}

function Agreement({ health }: { health: Health | undefined }) {
  const { t } = useTranslation();
  const agree = health?.fingerprint === health?.index.fingerprint;
  return (
    <span
      className={clsx(
        "flex gap-1.5",
        agree ? "text-good" : "text-bad",
        health === undefined && "invisible",
      )}
    >
      {agree ? (
        <CircleCheck className="size-5" aria-hidden />
      ) : (
        <TriangleAlert className="size-5" aria-hidden />
      )}
      {t(agree ? "health.served.agree" : "health.served.disagree")}
    </span>
  );
}

/** Its lines are there before their values: nothing moves when these come. */
function Served({ health }: { health: Health | undefined }) {
  const { t } = useTranslation();
  const index =
    health &&
    t("health.served.indexValue", { items: count(health.index.count), kind: health.index.kind });
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-[repeat(auto-fill,minmax(15rem,1fr))]">
      <Line name={t("health.served.encoder")}>{health?.encoder}</Line>
      <Line name={t("health.served.index")}>{index}</Line>
      <Line name={t("health.served.precision")}>{health?.precision}</Line>
      <Line name={t("health.served.dimension")}>
        {health && t("health.served.numbers", { value: count(health.dimension) })}
      </Line>
      <Line name={t("health.served.version")}>{health?.version}</Line>
      <Line name={t("health.served.fingerprint")}>
        {health && <Fingerprint value={health.fingerprint} />}
      </Line>
      <Line name={t("health.served.can")} className="min-h-10">
        {health && <Abilities health={health} />}
      </Line>
      <Line name={t("health.swap.title")}>
        <SwapLine />
      </Line>
    </dl>
  );
}

interface LineProps {
  name: string;
  className?: string;
  children: ReactNode;
}

function Line({ name, className = "min-h-7", children }: LineProps) {
  return (
    <div className="min-w-0">
      <dt className="text-muted text-xs">{name}</dt>
      <dd className={clsx("text-base font-medium wrap-anywhere tabular-nums", className)}>
        {children ?? "–"}
      </dd>
    </div>
  );
}

function Fingerprint({ value }: { value: string }) {
  const { t } = useTranslation();
  return (
    <span className="flex items-center gap-1">
      <code className="text-sm" title={value}>
        {canCopy() ? `${value.slice(0, 12)}…` : value}
      </code>
      <CopyButton text={value} label={t("health.copy")} />
    </span>
  );
}

function Abilities({ health }: { health: Health }) {
  const { t } = useTranslation();
  const how = health.zero_shot ? "zeroShot" : "tags";
  return (
    <ul className="text-sm">
      <Ability can={health.has_text}>{t("health.served.text")}</Ability>
      <Ability can={health.has_tags}>{t(`health.served.${how}`)}</Ability>
    </ul>
  );
}

function Ability({ can, children }: { can: boolean; children: string }) {
  const { t } = useTranslation();
  const Icon = can ? Check : Minus;
  return (
    <li className={clsx("flex items-center gap-1.5", !can && "text-muted")}>
      <Icon className={clsx("size-4 shrink-0", can && "text-good")} aria-hidden />
      {can ? children : t("health.served.cannot", { what: children })}
    </li>
  );
}
