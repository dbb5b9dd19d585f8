import { KeyRound } from "lucide-react";
import { clsx } from "clsx";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useKey } from "@/api/key";
import { InlineError } from "@/components/InlineError";
import { KeyDialog } from "@/components/KeyDialog";
import { Page } from "@/components/Page";
import { PictureDrop } from "@/components/PictureDrop";
import { Button } from "@/components/ui/Button";
import { readRows } from "@/editing/metadata";
import { problemsOf, summaryOf } from "./queue";
import { RowEditor } from "./RowEditor";
import { SharedFields } from "./SharedFields";
import { Toolbar } from "./Toolbar";
import { dispatch, useQueue } from "./uploads";
import { UploadProgress } from "./UploadProgress";

export function AddView() {
  const { t } = useTranslation();
  const queue = useQueue();
  const key = useKey();
  const problems = useMemo(() => problemsOf(queue.rows), [queue.rows]);
  const summary = useMemo(() => summaryOf(queue.rows), [queue.rows]);
  const sharedProblems = readRows(queue.shared.metadataRows).problems;
  const isEmpty = queue.rows.length === 0;
  return (
    <Page title={t("add.heading")} about={t("add.about")}>
      {key === null && <KeyInvitation />}
      <PictureDrop
        multiple
        onPictures={addFiles}
        className={clsx(
          "border-field flex flex-wrap items-center justify-center gap-3 rounded-2xl border border-dashed px-4 text-center",
          isEmpty ? "min-h-[40dvh] flex-col py-10" : "py-4",
        )}
      >
        <p className={clsx(isEmpty ? "max-w-sm text-base" : "text-muted")}>{t("add.drop")}</p>
      </PictureDrop>
      {!isEmpty && (
        <>
          <SharedFields shared={queue.shared} problems={sharedProblems} />
          <section aria-label={t("add.list")} className="flex flex-col gap-3">
            <div className="bg-page border-line sticky top-14 z-10 flex flex-col gap-3 border-b py-3">
              <Toolbar
                queue={queue}
                summary={summary}
                problems={problems}
                isSharedReadable={sharedProblems.size === 0}
              />
              <UploadProgress summary={summary} isPaused={queue.isPaused} toMend={problems.size} />
              {queue.refusal && <InlineError error={queue.refusal} />}
            </div>
            <ul className="border-line bg-surface divide-line divide-y rounded-2xl border">
              {queue.rows.map((row) => (
                <RowEditor key={row.key} row={row} problem={problems.get(row.key)} />
              ))}
            </ul>
          </section>
        </>
      )}
    </Page>
  );
}

function addFiles(files: File[]): void {
  dispatch({ type: "added", files });
}

function KeyInvitation() {
  const { t } = useTranslation();
  return (
    <div className="bg-accent-soft flex flex-wrap items-center gap-3 rounded-xl px-4 py-3">
      <KeyRound className="text-accent size-5 shrink-0" aria-hidden />
      <p className="min-w-56 flex-1">{t("add.keyNeeded")}</p>
      <KeyDialog trigger={<Button variant="primary">{t("add.setKey")}</Button>} />
    </div>
  );
}
