import { useTranslation } from "react-i18next";
import { Page } from "@/components/Page";

export function SearchView() {
  const { t } = useTranslation();
  return <Page title={t("search.title")}>…</Page>;
}
