import { clsx } from "clsx";
import { ChevronDown } from "lucide-react";

interface Option<T extends string> {
  value: T;
  label: string;
}
interface Props<T extends string> {
  label: string;
  value: T;
  options: readonly Option<T>[];
  onChange: (value: T) => void;
  className?: string;
}

/** A choice of one among several: the device's own list, which phones show best. */
export function Select<T extends string>({ label, value, options, onChange, className }: Props<T>) {
  return (
    <span className={clsx("relative inline-flex", className)}>
      <select
        aria-label={label}
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.target.value);
          if (chosen) onChange(chosen.value);
        }}
        className="border-line bg-surface hover:bg-raised h-9 w-full cursor-pointer appearance-none rounded-lg border pr-8 pl-3 font-medium"
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <ChevronDown
        className="text-muted pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2"
        aria-hidden
      />
    </span>
  );
}
