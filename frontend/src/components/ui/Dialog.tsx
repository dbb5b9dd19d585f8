import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { clsx } from "clsx";

interface Props {
  title: string;
  about?: ReactNode;
  trigger?: ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  className?: string;
  children: ReactNode;
}

/** A modal dialog; Escape, its button and a click beside it close it. */
export function Dialog({ title, about, trigger, className, children, ...state }: Props) {
  const { t } = useTranslation();
  return (
    <Radix.Root {...state}>
      {trigger !== undefined && <Radix.Trigger asChild>{trigger}</Radix.Trigger>}
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/50" />
        <Radix.Content
          {...(about === undefined && { "aria-describedby": undefined })}
          className={clsx(
            "bg-surface border-line fixed top-1/2 left-1/2 z-50 flex max-h-[90dvh] w-[min(32rem,calc(100vw-2rem))] -translate-1/2 flex-col gap-4 overflow-y-auto rounded-2xl border p-5 shadow-xl",
            className,
          )}
        >
          <div className="flex items-start justify-between gap-4">
            <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
            <Radix.Close asChild>
              <Button variant="quiet" size="tiny" aria-label={t("common.close")}>
                <X />
              </Button>
            </Radix.Close>
          </div>
          {about !== undefined && (
            <Radix.Description className="text-muted -mt-2">{about}</Radix.Description>
          )}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export const DialogClose = Radix.Close;
