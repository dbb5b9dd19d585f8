import { useTranslation } from "react-i18next";
import { Page } from "@/components/Page";

export function ItemView() {
  const { t } = useTranslation();
  return <Page title={t("item.title")}>…</Page>;
}
