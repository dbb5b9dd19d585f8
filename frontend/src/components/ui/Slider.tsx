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

export function Slider({ label, valueText, onChange, onCommit, className, ...range }: Props) {
  const commit = () => onCommit?.(range.value);
  return (
    <input
      type="range"
      {...range}
      aria-label={label}
      aria-valuetext={valueText}
      onChange={(event) => onChange(event.target.valueAsNumber)}
      onPointerUp={commit}
      onKeyUp={commit}
      onBlur={commit}
      className={clsx("accent-accent h-5", className)}
    />
  );
}
