import { CloudOff, Hourglass, KeyRound, TriangleAlert } from "lucide-react";
import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/client";
import { KeyDialog } from "./KeyDialog";
import { Notice } from "./Notice";
import { Button } from "./ui/Button";

interface Props {
  error: Error;
  /** Says what to do better than the error's own message. */
  children?: ReactNode;
  action?: ReactNode;
  onRetry?: () => void;
}

/** Says what went wrong and what to do about it. */
export function ErrorNotice({ error, children, action, onRetry }: Props) {
  const { t } = useTranslation();
  const { icon, title, advice } = describe(error, t);
  const needsKey = error instanceof ApiError && error.needsKey;
  return (
    <div role="alert">
      <Notice
        icon={icon}
        title={title}
        action={
          needsKey ? (
            <KeyDialog trigger={<Button variant="primary">{t("common.key.button")}</Button>} />
          ) : (
            (action ?? (onRetry && <Button onClick={onRetry}>{t("common.retry")}</Button>))
          )
        }
      >
        {children ?? advice}
      </Notice>
    </div>
  );
}

function describe(error: Error, t: TFunction) {
  if (!(error instanceof ApiError)) {
    return {
      icon: CloudOff,
      title: t("common.error.unreachable"),
      advice: t("common.error.unreachableAdvice"),
    };
  }
  if (error.needsKey) {
    return { icon: KeyRound, title: t(keyTitle(error)), advice: error.message };
  }
  if (error.status === 503) {
    return {
      icon: Hourglass,
      title: t("common.error.starting"),
      advice: `${error.message}. ${t("common.error.startingAdvice")}`,
    };
  }
  if (error.passing) {
    return { icon: Hourglass, title: t("common.error.busy"), advice: error.message };
  }
  if (error.status >= 500) {
    return {
      icon: TriangleAlert,
      title: t("common.error.failed"),
      advice: `${error.message}. ${t("common.error.failedAdvice")}`,
    };
  }
  return { icon: TriangleAlert, title: t("common.error.refused"), advice: error.message };
}

/** Returns what is wrong with the key: reading that is open refuses one that is unknown, too. */
function keyTitle({ code }: ApiError) {
  if (code === "unknown_key") return "common.error.keyUnknown";
  return code === "scope_too_small" ? "common.error.keyTooSmall" : "common.error.keyNeeded";
}
