import { type ComponentProps, useId } from "react";
import { clsx } from "clsx";

type Props = ComponentProps<"input"> & { label: string; hideLabel?: boolean };

/** A line of text with its label. */
export function Field({ label, hideLabel = false, className, ...rest }: Props) {
  const id = useId();
  return (
    <div className={clsx("flex flex-col gap-1", className)}>
      <label htmlFor={id} className={hideLabel ? "sr-only" : "font-medium"}>
        {label}
      </label>
      <input
        id={id}
        className="border-field bg-surface placeholder:text-muted h-9 w-full rounded-lg border px-3"
        {...rest}
      />
    </div>
  );
}
