import { cva, type VariantProps } from "class-variance-authority";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { clsx } from "clsx";

const button = cva(
  "inline-flex shrink-0 items-center justify-center gap-2 rounded-lg font-medium whitespace-nowrap transition-colors disabled:pointer-events-none disabled:opacity-50 [&_svg]:size-4",
  {
    variants: {
      variant: {
        primary: "bg-accent text-accent-ink hover:opacity-90",
        plain: "border-line bg-surface hover:bg-raised border",
        quiet: "text-muted hover:bg-raised hover:text-ink",
        danger: "bg-bad-soft text-bad hover:opacity-90",
      },
      size: { medium: "h-9 px-3.5", small: "h-7 px-2 text-xs", icon: "size-9", tiny: "size-7" },
    },
    defaultVariants: { variant: "plain", size: "medium" },
  },
);

type Props = ComponentProps<"button"> & VariantProps<typeof button> & { asChild?: boolean };

/** A button; `asChild` makes its only child, such as a link, look like one. */
export function Button({ variant, size, asChild = false, className, ...rest }: Props) {
  const Element = asChild ? Slot.Root : "button";
  const type = asChild ? {} : { type: "button" as const };
  return <Element {...type} className={clsx(button({ variant, size }), className)} {...rest} />;
}
