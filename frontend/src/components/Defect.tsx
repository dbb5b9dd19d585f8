import { Bug } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Notice } from "./Notice";
import { Button } from "./ui/Button";

/** Stands where a view failed to render or to load. */
export function Defect() {
  const { t } = useTranslation();
  return (
    <main role="alert">
      <Notice
        icon={Bug}
        title={t("common.error.defect")}
        action={<Button onClick={() => window.location.reload()}>{t("common.retry")}</Button>}
      >
        {t("common.error.defectAdvice")}
      </Notice>
    </main>
  );
}
