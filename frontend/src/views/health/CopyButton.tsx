import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";

const SHOWN_MS = 2_000;

/** Copies a text; browsers allow it only over https and on localhost. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  if (!canCopy()) return null;
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <>
      <Button variant="quiet" size="tiny" aria-label={label} onClick={() => void copy()}>
        {copied ? <Check className="text-good" /> : <Copy />}
      </Button>
      <span role="status" className="sr-only">
        {copied && t("health.copied")}
      </span>
    </>
  );
}

export function canCopy(): boolean {
  return "clipboard" in navigator;
}
