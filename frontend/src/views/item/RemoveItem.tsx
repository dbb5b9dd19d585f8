import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/client";
import type { Item } from "@/api/types";
import { InlineError } from "@/components/InlineError";
import { KeyedButton } from "@/components/KeyedButton";
import { AlertDialog } from "@/components/ui/AlertDialog";
import { Button } from "@/components/ui/Button";
import { refreshAfterWrite } from "@/queryClient";
import { itemQuery, removeItem } from "./queries";

interface Props {
  item: Item;
  name: string;
  onRemoved: () => void;
}

/** Removes the item, once that is confirmed. */
export function RemoveItem({ item, name, onRemoved }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const { mutate, error, isPending, reset } = useMutation({
    mutationFn: () => removeItem(item),
    onSuccess: () => {
      flushSync(onRemoved); // so that nothing of the item is shown, and asked for again below
      client.removeQueries({ queryKey: itemQuery(item.id).queryKey });
      refreshAfterWrite();
    },
  });
  const show = (shown: boolean) => {
    setOpen(shown);
    if (!shown) reset();
  };
  const load = async () => {
    await client.invalidateQueries({ queryKey: itemQuery(item.id).queryKey });
    show(false);
  };
  const changed = error instanceof ApiError && error.status === 412;
  return (
    <>
      <KeyedButton ref={opener} variant="danger" onClick={() => show(true)}>
        <Trash2 aria-hidden />
        {t("item.actions.remove")}
      </KeyedButton>
      <AlertDialog
        title={t("item.remove.title", { name })}
        about={t("item.remove.about")}
        open={open}
        onOpenChange={show}
        opener={opener}
        action={
          changed ? (
            <Button variant="primary" onClick={() => void load()}>
              {t("item.edit.load")}
            </Button>
          ) : (
            <Button variant="danger" disabled={isPending} onClick={() => mutate()}>
              {t(isPending ? "item.remove.removing" : "item.remove.action")}
            </Button>
          )
        }
      >
        {error && (
          <InlineError error={error}>{changed ? t("item.remove.changed") : undefined}</InlineError>
        )}
      </AlertDialog>
    </>
  );
}
