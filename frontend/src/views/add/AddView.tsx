import { useTranslation } from "react-i18next";
import { Page } from "@/components/Page";

export function AddView() {
  const { t } = useTranslation();
  return <Page title={t("add.title")}>…</Page>;
}
