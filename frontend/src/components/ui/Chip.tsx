import { X } from "lucide-react";
import type { ReactNode } from "react";
import { clsx } from "clsx";

interface Props {
  children: ReactNode;
  /** What the button that removes it is called; without one it cannot be removed. */
  removeLabel?: string;
  onRemove?: () => void;
  tone?: "plain" | "accent" | "bad";
}

const TONES = {
  plain: "bg-raised text-ink",
  accent: "bg-accent-soft text-ink",
  bad: "bg-bad-soft text-bad",
};

export function Chip({ children, removeLabel, onRemove, tone = "plain" }: Props) {
  return (
    <span
      className={clsx(
        "inline-flex h-7 max-w-full items-center gap-1.5 rounded-full px-2.5 text-xs font-medium",
        TONES[tone],
      )}
    >
      {children}
      {onRemove && (
        <button
          type="button"
          aria-label={removeLabel}
          onClick={onRemove}
          className="-mr-1 rounded-full p-1 opacity-70 hover:opacity-100"
        >
          <X className="size-3" />
        </button>
      )}
    </span>
  );
}
