import { clsx } from "clsx";
import { type ReactNode, useId } from "react";

interface Props {
  title: ReactNode;
  /** Stands at the end of the title's line. */
  action?: ReactNode;
  className?: string;
  children: ReactNode;
}

export function Card({ title, action, className, children }: Props) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className={clsx(
        "bg-surface border-line flex min-w-0 flex-col gap-4 rounded-2xl border p-4 sm:p-5",
        className,
      )}
    >
      <div className="flex min-h-7 flex-wrap items-center justify-between gap-2">
        <h2 id={id} className="text-base font-semibold">
          {title}
        </h2>
        {action}
      </div>
      {children}
    </section>
  );
}

/** A card whose figures come with the first request. */
export function EmptyCard({ title, children }: { title: string; children: string }) {
  return (
    <Card title={title}>
      <p className="text-muted m-auto px-4 py-8 text-center">{children}</p>
    </Card>
  );
}
