import { clsx } from "clsx";
import { useTranslation } from "react-i18next";
import type { Summary } from "./queue";

interface Props {
  summary: Summary;
  isPaused: boolean;
  /** Ids that cannot be uploaded as they are. */
  toMend: number;
}

/** How far the upload is as a whole. */
export function UploadProgress({ summary, isPaused, toMend }: Props) {
  const { t } = useTranslation();
  const { counts, outcomes, share } = summary;
  const over = counts.done + counts.exists + counts.failed;
  const underWay = counts.waiting + counts.sending + counts.encoding;
  const asked = over + underWay;
  const facts = [
    ...(["created", "replaced", "unchanged"] as const).map((of) => [of, outcomes[of]] as const),
    ["exists", counts.exists] as const,
    ["failed", counts.failed] as const,
    ["problems", toMend] as const,
  ].filter(([, count]) => count > 0);
  const state = underWay === 0 ? "finished" : isPaused ? "paused" : "uploading";
  return (
    <div className="flex flex-col gap-1.5 empty:hidden">
      {asked > 0 && (
        <div className="flex items-center gap-3">
          <progress
            aria-label={t("add.progress.label")}
            value={share}
            className="[&::-moz-progress-bar]:bg-accent [&::-webkit-progress-value]:bg-accent bg-line [&::-webkit-progress-bar]:bg-line h-2 min-w-0 flex-1 appearance-none overflow-hidden rounded-full"
          />
          <span className="text-muted tabular-nums">{t("add.progress.over", { over, asked })}</span>
        </div>
      )}
      {(asked > 0 || facts.length > 0) && (
        <p className="flex flex-wrap">
          {/* Counts change too often to be read out, all of them; the state does not. */}
          <span role="status" className="not-empty:mr-3">
            {asked > 0 && t(`add.progress.${state}`)}
            {state === "finished" && asked > 0 && (
              <span className="sr-only">
                {facts.map(([fact, count]) => t(`add.progress.${fact}`, { count })).join(", ")}
              </span>
            )}
          </span>
          {facts.map(([fact, count]) => (
            <span
              key={fact}
              className={clsx(
                "mr-3",
                fact === "failed" || fact === "problems" ? "text-bad" : "text-muted",
              )}
            >
              {t(`add.progress.${fact}`, { count })}
            </span>
          ))}
        </p>
      )}
    </div>
  );
}
