import { Slider as Radix } from "radix-ui";
import { clsx } from "clsx";

interface Props {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  valueText?: string;
  onChange: (value: number) => void;
  /** Called once it is let go. */
  onCommit?: (value: number) => void;
  className?: string;
}

export function Slider({
  label,
  value,
  valueText,
  onChange,
  onCommit,
  className,
  ...range
}: Props) {
  return (
    <Radix.Root
      {...range}
      value={[value]}
      onValueChange={([moved]) => moved !== undefined && onChange(moved)}
      onValueCommit={([chosen]) => chosen !== undefined && onCommit?.(chosen)}
      className={clsx("relative flex h-5 touch-none items-center select-none", className)}
    >
      <Radix.Track className="bg-line relative h-1.5 grow rounded-full">
        <Radix.Range className="bg-accent absolute h-full rounded-full" />
      </Radix.Track>
      <Radix.Thumb
        aria-label={label}
        aria-valuetext={valueText}
        className="bg-accent border-surface block size-4 rounded-full border-2 shadow"
      />
    </Radix.Root>
  );
}
