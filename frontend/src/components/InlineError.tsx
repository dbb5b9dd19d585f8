import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/client";
import { errorMessage } from "./errorMessage";
import { KeyDialog } from "./KeyDialog";
import { Button } from "./ui/Button";

interface Props {
  error: Error;
  /** Says it better than the error's own message. */
  children?: ReactNode;
  action?: ReactNode;
}

/** Says beside what failed why it did. */
export function InlineError({ error, children, action }: Props) {
  const { t } = useTranslation();
  const needsKey = error instanceof ApiError && error.needsKey;
  return (
    <div
      role="alert"
      className="bg-bad-soft text-bad flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg px-3 py-2"
    >
      <TriangleAlert className="size-4 shrink-0" aria-hidden />
      <div className="min-w-48 flex-1 wrap-anywhere">{children ?? errorMessage(error, t)}</div>
      {needsKey && <KeyDialog trigger={<Button size="small">{t("common.key.button")}</Button>} />}
      {action}
    </div>
  );
}
