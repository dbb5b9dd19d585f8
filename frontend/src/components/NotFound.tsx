import { MapPinOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Notice } from "./Notice";
import { Page } from "./Page";
import { Button } from "./ui/Button";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Page title={t("common.notFound.title")} hideTitle>
      <Notice
        icon={MapPinOff}
        title={t("common.notFound.title")}
        action={
          <Button asChild>
            <Link to="/">{t("common.notFound.action")}</Link>
          </Button>
        }
      >
        {t("common.notFound.advice")}
      </Notice>
    </Page>
  );
}
