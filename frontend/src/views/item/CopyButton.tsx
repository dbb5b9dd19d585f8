import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";

const SHOWN_MS = 2000;

/** Copies a text. Browsers allow that on secure pages alone; elsewhere there is no button. */
export function CopyButton({ text }: { text: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  // The type says it is always there; on a page without TLS it is not.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) return null;
  const copy = async () => {
    await clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <>
      <Button variant="quiet" size="tiny" aria-label={t("item.copy")} onClick={() => void copy()}>
        {copied ? <Check className="text-good" /> : <Copy />}
      </Button>
      <span role="status" className="text-good text-xs">
        {copied ? t("item.copied") : ""}
      </span>
    </>
  );
}
