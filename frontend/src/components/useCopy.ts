import { useEffect, useState } from "react";

const SHOWN_MS = 2_000;

/** Browsers let pages copy over https and on localhost only. */
export function canCopy(): boolean {
  return "clipboard" in navigator;
}

/** What copies a text, and whether that was just done. */
export function useCopy() {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (text: string) => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return { copied, copy };
}
