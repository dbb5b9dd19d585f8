import { Popover as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { clsx } from "clsx";

interface Props {
  label: string;
  trigger: ReactNode;
  align?: "start" | "center" | "end";
  className?: string;
  children: ReactNode;
}

/** A panel beside the button that opens it. */
export function Popover({ label, trigger, align = "start", className, children }: Props) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          align={align}
          sideOffset={6}
          collisionPadding={12}
          className={clsx(
            "bg-surface border-line z-30 max-h-(--radix-popover-content-available-height) overflow-y-auto rounded-xl border p-3 shadow-lg",
            className,
          )}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
