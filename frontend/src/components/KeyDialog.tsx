import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { type ReactNode, type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { checkKey } from "@/api/client";
import { setKey, useKey } from "@/api/key";
import { queryClient } from "@/queryClient";
import { errorMessage } from "./errorMessage";
import { Button } from "./ui/Button";
import { Dialog } from "./ui/Dialog";
import { Field } from "./ui/Field";

interface Props {
  trigger?: ReactNode;
  /** What was waiting for a key. */
  onGiven?: () => void;
}

/** Asks for the API key; what was refused without one is asked again. */
export function KeyDialog({ trigger, onGiven }: Props) {
  const { t } = useTranslation();
  const key = useKey();
  const [open, setOpen] = useState(false);
  const keep = (given: string | null) => {
    setKey(given);
    setOpen(false);
    void queryClient.invalidateQueries();
    if (given !== null) onGiven?.();
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
      <KeyForm onKeep={keep} />
    </Dialog>
  );
}

function KeyForm({ onKeep }: { onKeep: (key: string | null) => void }) {
  const { t } = useTranslation();
  const key = useKey();
  const { mutate, error, isPending } = useMutation({ mutationFn: checkKey });
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = new FormData(event.currentTarget).get("key");
    const given = typeof text === "string" ? text.trim() : "";
    // It is not called once the dialog is closed: then no key is wanted.
    if (given !== "") mutate(given, { onSuccess: () => onKeep(given) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field
        label={t("common.key.field")}
        name="key"
        type="password"
        placeholder="wdr_…"
        autoComplete="off"
        pattern="\s*[!-~]+\s*" // of others, such as the … of a shortened key, no header can be made
        defaultValue={key ?? ""}
        required
      />
      {error && (
        <p role="alert" className="text-bad wrap-anywhere">
          {errorMessage(error, t)}
        </p>
      )}
      <div className="flex justify-end gap-2">
        {key !== null && <Button onClick={() => onKeep(null)}>{t("common.key.forget")}</Button>}
        <Button type="submit" variant="primary" disabled={isPending}>
          {t("common.key.use")}
        </Button>
      </div>
    </form>
  );
}
