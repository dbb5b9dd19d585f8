import { KeyRound } from "lucide-react";
import { type ReactNode, type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { setKey, useKey } from "@/api/key";
import { queryClient } from "@/queryClient";
import { Button } from "./ui/Button";
import { Dialog } from "./ui/Dialog";
import { Field } from "./ui/Field";

/** Asks for the API key; what was refused without one is asked again. */
export function KeyDialog({ trigger }: { trigger?: ReactNode }) {
  const { t } = useTranslation();
  const key = useKey();
  const [open, setOpen] = useState(false);
  const keep = (given: string | null) => {
    setKey(given);
    setOpen(false);
    void queryClient.invalidateQueries();
  };
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget).get("key");
    if (typeof given === "string" && given.trim() !== "") keep(given.trim());
  };
  return (
    <Dialog
      title={t("common.key.title")}
      about={t("common.key.about")}
      open={open}
      onOpenChange={setOpen}
      trigger={
        trigger ?? (
          <Button
            variant="quiet"
            size="icon"
            aria-label={key === null ? t("common.key.button") : t("common.key.set")}
            className={key === null ? "" : "text-good!"}
          >
            <KeyRound />
          </Button>
        )
      }
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field
          label={t("common.key.field")}
          name="key"
          type="password"
          placeholder="wdr_…"
          autoComplete="off"
          defaultValue={key ?? ""}
          required
        />
        <div className="flex justify-end gap-2">
          {key !== null && <Button onClick={() => keep(null)}>{t("common.key.forget")}</Button>}
          <Button type="submit" variant="primary">
            {t("common.key.use")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
