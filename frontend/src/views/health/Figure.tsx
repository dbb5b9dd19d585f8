import { clsx } from "clsx";
import { useTranslation } from "react-i18next";

interface Props {
  label: string;
  value: string;
  /** The same since the server started. */
  sinceStart?: string;
  tone?: "ink" | "bad" | "warn";
}

const TONES = { ink: "text-ink", bad: "text-bad", warn: "text-warn" };

/** A figure of a `dl`: its name, its value now, and since the start. */
export function Figure({ label, value, sinceStart, tone = "ink" }: Props) {
  const { t } = useTranslation();
  return (
    <div className="min-w-0">
      <dt className="text-muted text-xs">{label}</dt>
      <dd className="tabular-nums">
        <span
          className={clsx(
            "block text-xl font-semibold tracking-tight whitespace-nowrap",
            TONES[tone],
          )}
        >
          {value}
        </span>
        {sinceStart !== undefined && (
          <span className="text-muted block text-xs whitespace-nowrap">
            {t("health.overall", { value: sinceStart })}
          </span>
        )}
      </dd>
    </div>
  );
}
