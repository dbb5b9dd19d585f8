import { useTranslation } from "react-i18next";
import { Page } from "@/components/Page";

export function HealthView() {
  const { t } = useTranslation();
  return <Page title={t("health.title")}>…</Page>;
}
