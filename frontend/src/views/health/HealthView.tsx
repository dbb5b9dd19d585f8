import { useTranslation } from "react-i18next";
import { Page } from "@/components/Page";
import { DoctorCard } from "./DoctorCard";
import { LiveFigures } from "./LiveFigures";
import { ServedCard } from "./ServedCard";

/** What is served, how it does, and whether anything needs care. */
export function HealthView() {
  const { t } = useTranslation();
  return (
    <Page title={t("health.title")} about={t("health.about")}>
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_24rem]">
        <div className="flex min-w-0 flex-col gap-4">
          <ServedCard />
          <LiveFigures />
        </div>
        <DoctorCard />
      </div>
    </Page>
  );
}
