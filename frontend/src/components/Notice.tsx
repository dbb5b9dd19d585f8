import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

interface Props {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** Stands where results would: what there is instead, and what to do. */
export function Notice({ icon: Icon, title, children, action }: Props) {
  return (
    <div className="flex flex-col items-center gap-3 px-4 py-16 text-center">
      <Icon className="text-muted size-10" strokeWidth={1.5} aria-hidden />
      <p className="text-lg font-semibold">{title}</p>
      {children !== undefined && <div className="text-muted max-w-prose">{children}</div>}
      {action}
    </div>
  );
}
