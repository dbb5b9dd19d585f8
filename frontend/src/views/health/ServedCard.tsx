import { Check, CircleCheck, Minus, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Health } from "@/api/types";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Card } from "./Card";
import { canCopy, CopyButton } from "./CopyButton";
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
  if (health === undefined) return null;
  const agree = health.fingerprint === health.index.fingerprint;
  return (
    <span className={agree ? "text-good flex gap-1.5" : "text-bad flex gap-1.5"}>
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
    <dl className="grid grid-cols-[repeat(auto-fill,minmax(min(15rem,100%),1fr))] gap-x-6 gap-y-4">
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
      <Line name={t("health.served.can")}>{health && <Abilities health={health} />}</Line>
      <Line name={t("health.swap.title")}>
        <SwapLine />
      </Line>
    </dl>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-muted text-xs">{name}</dt>
      <dd className="min-h-7 text-base font-medium wrap-anywhere tabular-nums">
        {children ?? "–"}
      </dd>
    </div>
  );
}

function Fingerprint({ value }: { value: string }) {
  const { t } = useTranslation();
  return (
    <span className="flex items-center gap-1">
      <code title={value}>{canCopy() ? `${value.slice(0, 12)}…` : value}</code>
      <CopyButton text={value} label={t("health.copy")} />
    </span>
  );
}

function Abilities({ health }: { health: Health }) {
  const { t } = useTranslation();
  const abilities = [
    [health.has_text, t(health.has_text ? "health.served.text" : "health.served.noText")],
    [health.has_tags, t(health.has_tags ? "health.served.tags" : "health.served.noTags")],
  ] as const;
  return (
    <ul className="text-sm">
      {abilities.map(([can, name]) => (
        <li
          key={name}
          className={can ? "flex items-center gap-1.5" : "text-muted flex items-center gap-1.5"}
        >
          {can ? (
            <Check className="text-good size-4" aria-hidden />
          ) : (
            <Minus className="size-4" aria-hidden />
          )}
          {name}
        </li>
      ))}
      {health.has_tags && (
        <li className="text-muted pl-5.5">
          {t(health.zero_shot ? "health.served.zeroShot" : "health.served.heads")}
        </li>
      )}
    </ul>
  );
}
