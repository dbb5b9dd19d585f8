import { type ComponentProps, useId } from "react";
import { clsx } from "clsx";

type Props = ComponentProps<"input"> & {
  label: string;
  hideLabel?: boolean;
  /** What is wrong with the text. */
  problem?: string | undefined;
};

/** A line of text with its label. */
export function Field({ label, hideLabel = false, problem, className, ...rest }: Props) {
  const id = useId();
  return (
    <div className={clsx("flex flex-col gap-1", className)}>
      <label htmlFor={id} className={hideLabel ? "sr-only" : "font-medium"}>
        {label}
      </label>
      <input
        id={id}
        className="border-field bg-surface placeholder:text-muted aria-invalid:border-bad h-9 w-full rounded-lg border px-3"
        {...(problem !== undefined && {
          "aria-invalid": true,
          "aria-describedby": `${id}-problem`,
        })}
        {...rest}
      />
      {problem !== undefined && (
        <p id={`${id}-problem`} className="text-bad text-xs">
          {problem}
        </p>
      )}
    </div>
  );
}
