import { CircleAlert, CircleCheck, Clock, LoaderCircle, TriangleAlert } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { clsx } from "clsx";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { itemAddress } from "@/addresses";
import { errorMessage } from "@/components/errorMessage";
import { KeyedButton } from "@/components/KeyedButton";
import { percent } from "@/names";
import type { Row } from "./queue";
import { dispatch } from "./uploads";

/** How far a picture is, and what can be done about it. */
export function RowState({ row: { key, id, progress } }: { row: Row }) {
  const { t } = useTranslation();
  switch (progress.step) {
    case "ready":
      return <Line className="text-muted">{t("add.steps.ready")}</Line>;
    case "waiting":
      return (
        <Line icon={Clock} className="text-muted">
          {t(progress.notBefore > 0 ? "add.steps.retrying" : "add.steps.waiting")}
        </Line>
      );
    case "sending":
      return (
        <Line icon={LoaderCircle} isBusy className="text-accent">
          <span className="tabular-nums">
            {t("add.steps.sending", { percent: percent(progress.share) })}
          </span>
        </Line>
      );
    case "encoding":
      return (
        <Line icon={LoaderCircle} isBusy className="text-accent">
          {t("add.steps.encoding")}
        </Line>
      );
    case "done":
      return (
        <Line icon={CircleCheck} className="text-good">
          {t(`add.steps.${progress.outcome}`)}
          <OpenItem id={id} />
        </Line>
      );
    case "exists":
      return (
        <Line icon={CircleAlert} className="text-warn">
          {t("add.steps.exists")}
          <OpenItem id={id} />
          <KeyedButton size="small" onClick={() => dispatch({ type: "replaceAsked", keys: [key] })}>
            {t("add.row.replace")}
          </KeyedButton>
        </Line>
      );
    case "failed":
      return (
        <div className="flex flex-col items-start gap-1">
          <Line icon={TriangleAlert} className="text-bad">
            {t("add.steps.failed")}
            <KeyedButton size="small" onClick={() => dispatch({ type: "retryAsked", keys: [key] })}>
              {t("add.row.retry")}
            </KeyedButton>
          </Line>
          <p className="text-bad text-xs wrap-anywhere">{errorMessage(progress.error, t)}</p>
        </div>
      );
  }
}

interface LineProps {
  icon?: LucideIcon;
  isBusy?: boolean;
  className: string;
  children: ReactNode;
}

function Line({ icon: Icon, isBusy = false, className, children }: LineProps) {
  return (
    <div className={clsx("flex min-h-7 flex-wrap items-center gap-2 font-medium", className)}>
      {Icon && <Icon className={clsx("size-4 shrink-0", isBusy && "animate-spin")} aria-hidden />}
      {children}
    </div>
  );
}

function OpenItem({ id }: { id: string }) {
  const { t } = useTranslation();
  return (
    <Link
      to={itemAddress(id)}
      aria-label={t("add.row.openLabel", { id })}
      className="text-accent underline"
    >
      {t("add.row.open")}
    </Link>
  );
}
