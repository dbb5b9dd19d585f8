import { AlertDialog as Radix } from "radix-ui";
import type { ReactNode, RefObject } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";

interface Props {
  title: string;
  about: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** The button that does it. */
  action: ReactNode;
  /** Where focus goes once it is closed. */
  opener: RefObject<HTMLElement | null>;
  children?: ReactNode;
}

/** Asks before something that cannot be undone; Cancel has the focus. */
export function AlertDialog({ title, about, action, opener, children, ...state }: Props) {
  const { t } = useTranslation();
  return (
    <Radix.Root {...state}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/50" />
        <Radix.Content
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            opener.current?.focus();
          }}
          className="bg-surface border-line fixed top-1/2 left-1/2 z-50 flex max-h-[90dvh] w-[min(28rem,calc(100vw-2rem))] -translate-1/2 flex-col gap-4 overflow-y-auto rounded-2xl border p-5 shadow-xl"
        >
          <Radix.Title className="text-lg font-semibold wrap-anywhere">{title}</Radix.Title>
          <Radix.Description className="text-muted -mt-2">{about}</Radix.Description>
          {children}
          <div className="flex justify-end gap-2">
            <Radix.Cancel asChild>
              <Button>{t("common.cancel")}</Button>
            </Radix.Cancel>
            {action}
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
