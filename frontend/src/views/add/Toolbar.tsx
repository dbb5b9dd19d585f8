import { CircleX, ListOrdered, ListX, Pause, Play, Replace, RotateCw, Upload } from "lucide-react";
import { useTranslation } from "react-i18next";
import { KeyedButton } from "@/components/KeyedButton";
import { Button } from "@/components/ui/Button";
import type { IdProblem } from "./proposals";
import { isUnderWay, type Queue, type Step, type Summary } from "./queue";
import { dispatch } from "./uploads";

interface Props {
  queue: Queue;
  summary: Summary;
  problems: ReadonlyMap<number, IdProblem>;
  isSharedReadable: boolean;
}

/** What can be done with all pictures together. */
export function Toolbar({ queue, summary, problems, isSharedReadable }: Props) {
  const { t } = useTranslation();
  const { counts } = summary;
  const uploadable = counts.ready - problems.size;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {counts.ready > 0 && (
        <>
          <KeyedButton
            variant="primary"
            disabled={uploadable === 0 || !isSharedReadable}
            onClick={() => dispatch({ type: "uploadAsked" })}
          >
            <Upload aria-hidden />
            {t("add.upload", { count: uploadable })}
          </KeyedButton>
          <label className="flex h-9 cursor-pointer items-center gap-2 px-1">
            <input
              type="checkbox"
              className="accent-accent size-4"
              checked={queue.shared.keepExisting}
              onChange={(event) =>
                dispatch({ type: "sharedEdited", change: { keepExisting: event.target.checked } })
              }
            />
            {t("add.keepExisting")}
          </label>
          {!isSharedReadable && <p className="text-bad">{t("add.shared.unreadable")}</p>}
        </>
      )}
      <Running queue={queue} />
      <Afterwards queue={queue} summary={summary} />
      {[...problems.values()].includes("twice") && (
        <Button onClick={() => dispatch({ type: "numbered" })}>
          <ListOrdered aria-hidden />
          {t("add.number")}
        </Button>
      )}
    </div>
  );
}

function Running({ queue }: { queue: Queue }) {
  const { t } = useTranslation();
  if (!queue.rows.some(isUnderWay)) return null;
  return (
    <>
      {queue.isPaused ? (
        <KeyedButton variant="primary" onClick={() => dispatch({ type: "resumed" })}>
          <Play aria-hidden />
          {t("add.resume")}
        </KeyedButton>
      ) : (
        <Button onClick={() => dispatch({ type: "paused" })}>
          <Pause aria-hidden />
          {t("add.pause")}
        </Button>
      )}
      <Button onClick={() => dispatch({ type: "cancelled" })}>
        <CircleX aria-hidden />
        {t("add.cancel")}
      </Button>
    </>
  );
}

function Afterwards({ queue, summary: { counts } }: { queue: Queue; summary: Summary }) {
  const { t } = useTranslation();
  const keys = (step: Step) =>
    queue.rows.filter(({ progress }) => progress.step === step).map(({ key }) => key);
  return (
    <>
      {counts.failed > 0 && (
        <KeyedButton onClick={() => dispatch({ type: "retryAsked", keys: keys("failed") })}>
          <RotateCw aria-hidden />
          {t("add.retryFailed", { count: counts.failed })}
        </KeyedButton>
      )}
      {counts.exists > 0 && (
        <KeyedButton onClick={() => dispatch({ type: "replaceAsked", keys: keys("exists") })}>
          <Replace aria-hidden />
          {t("add.replaceExisting", { count: counts.exists })}
        </KeyedButton>
      )}
      {counts.done > 0 && (
        <Button variant="quiet" onClick={() => dispatch({ type: "finishedRemoved" })}>
          <ListX aria-hidden />
          {t("add.removeFinished")}
        </Button>
      )}
    </>
  );
}
