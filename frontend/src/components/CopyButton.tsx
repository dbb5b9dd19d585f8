import { Check, Copy } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "./ui/Button";
import { canCopy, useCopy } from "./useCopy";

/** Copies a text; not there where browsers forbid it. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  if (!canCopy()) return null;
  return (
    <>
      <Button variant="quiet" size="tiny" aria-label={label} onClick={() => void copy(text)}>
        {copied ? <Check className="text-good" /> : <Copy />}
      </Button>
      <span role="status" className="sr-only">
        {copied && t("common.copied")}
      </span>
    </>
  );
}
