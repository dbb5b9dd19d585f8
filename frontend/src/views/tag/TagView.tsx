import { useTranslation } from "react-i18next";
import { Page } from "@/components/Page";

export function TagView() {
  const { t } = useTranslation();
  return <Page title={t("tag.title")}>…</Page>;
}
