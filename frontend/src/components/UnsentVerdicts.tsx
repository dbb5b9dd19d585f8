import { useTranslation } from "react-i18next";
import type { TagVerdict, UnsentVerdict } from "@/api/feedback";
import { errorMessage } from "./errorMessage";
import { InlineError } from "./InlineError";
import { Button } from "./ui/Button";

interface Props {
  unsent: readonly UnsentVerdict[];
  onSend: (verdict: TagVerdict) => void;
}

/** Says that the server does not know of verdicts, and why. */
export function UnsentVerdicts({ unsent, onSend }: Props) {
  const { t } = useTranslation();
  const error = unsent.at(-1)?.error;
  if (error === undefined) return null;
  const sendAgain = () => {
    for (const { id, tag, verdict } of unsent) onSend({ id, tag, verdict });
  };
  return (
    <InlineError
      error={error}
      action={
        <Button size="small" onClick={sendAgain}>
          {t("common.feedback.again")}
        </Button>
      }
    >
      {t("common.feedback.unsent", { count: unsent.length })} {errorMessage(error, t)}
    </InlineError>
  );
}
