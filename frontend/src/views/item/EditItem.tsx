import { type ReactNode, type SyntheticEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Item } from "@/api/types";
import { InlineError } from "@/components/InlineError";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import { LabelsEditor } from "@/editing/LabelsEditor";
import { MetadataEditor } from "@/editing/MetadataEditor";
import type { Conflict } from "./draft";
import { ReplacePicture } from "./ReplacePicture";
import { useEditing } from "./useEditing";

interface Props {
  item: Item;
  onClose: (saved: boolean) => void;
}

/** The form that changes an item. */
export function EditItem({ item, onClose }: Props) {
  const { t } = useTranslation();
  const editing = useEditing(item, () => onClose(true));
  const { draft, change, problems } = editing;
  const form = useId();
  const [shown, setShown] = useState(false); // problems, once it was tried to save
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    setShown(true);
    if (problems.size > 0) return;
    if (editing.isChanged) editing.save();
    else onClose(false);
  };
  return (
    <section aria-labelledby="edit" className="flex flex-col gap-4">
      <h2 id="edit" className="text-base font-semibold">
        {t("item.edit.title")}
      </h2>
      <form id={form} onSubmit={submit} className="flex flex-col gap-5">
        <Field
          label={t("item.edit.caption")}
          value={draft.caption}
          maxLength={2000}
          // It was asked for by opening the form.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          onChange={(event) => change({ caption: event.target.value })}
        />
        <Part title={t("item.edit.labels")}>
          <LabelsEditor
            given={draft.given}
            attributes={Object.keys(item.tags)}
            onChange={(given) => change({ given })}
          />
        </Part>
        <Part title={t("item.edit.metadata")}>
          <MetadataEditor
            rows={draft.rows}
            problems={shown ? problems : new Map()}
            onChange={(rows) => change({ rows })}
          />
        </Part>
        <Part title={t("item.edit.picture")}>
          <ReplacePicture picture={editing.picture} onPicture={editing.setPicture} />
        </Part>
      </form>
      {/* Not in the form: the key is asked for by a form of its own. */}
      <div className="border-line bg-page sticky bottom-0 flex flex-col gap-3 border-t py-3">
        {shown && problems.size > 0 && (
          <p role="alert" className="text-bad">
            {t("item.edit.unreadable")}
          </p>
        )}
        {editing.error && (
          <InlineError
            error={editing.error}
            action={
              editing.isOutdated && (
                <Button size="small" onClick={() => void editing.loadLatest()}>
                  {t("item.edit.load")}
                </Button>
              )
            }
          >
            {editing.isOutdated ? t("item.edit.changed") : undefined}
          </InlineError>
        )}
        {editing.conflicts && <Loaded conflicts={editing.conflicts} />}
        <div className="flex gap-2">
          <Button form={form} type="submit" variant="primary" disabled={editing.isSaving}>
            {t(editing.isSaving ? "item.edit.saving" : "item.edit.save")}
          </Button>
          <Button onClick={() => onClose(false)}>{t("common.cancel")}</Button>
        </div>
      </div>
    </section>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className="flex min-w-0 flex-col">
      <legend className="mb-2 font-medium">{title}</legend>
      {children}
    </fieldset>
  );
}

/** Says that the form now shows a new version, and what both changed. */
function Loaded({ conflicts }: { conflicts: Conflict[] }) {
  const { t } = useTranslation();
  return (
    <div role="status" className="bg-accent-soft rounded-lg px-3 py-2">
      <p>{t("item.edit.loaded")}</p>
      {conflicts.length > 0 && (
        <>
          <p className="mt-2">{t("item.edit.conflicts")}</p>
          <ul className="mt-1 list-disc pl-5">
            {conflicts.map(({ field, theirs }) => (
              <li key={field} className="wrap-anywhere">
                <span className="font-medium">{field}</span>: {theirs}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
