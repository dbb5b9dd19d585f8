import { Activity } from "lucide-react";
import { useTranslation } from "react-i18next";
import { errorMessage } from "@/components/errorMessage";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { BatchesCard, LookupsCard, StagesCard, WorkCard } from "./EncodingCards";
import { CALLS, type Figures, figuresOf } from "./figures";
import { clockTime } from "./format";
import { useMetrics } from "./queries";
import { RoutesCard } from "./RoutesCard";
import { CacheCard, LatencyCard, RequestsCard } from "./TrafficCards";

/** Figures of `/metrics`. They are no live region: a screen reader would never be silent. */
export function LiveFigures() {
  const { t } = useTranslation();
  const metrics = useMetrics();
  const error = metrics.error ?? metrics.failureReason;
  const figures = figuresOf(metrics.data ?? []);
  if (figures === null) {
    if (error !== null) {
      return <ErrorNotice error={error} onRetry={() => void metrics.refetch()} />;
    }
    // As high as the figures will be at least: they move nothing that is in sight.
    return (
      <div className="min-h-dvh">
        <Notice icon={Activity} title={t("health.live.loading")} />
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-4">
      <p className="text-muted">{t("health.live.about")}</p>
      <p role="status" className="text-bad empty:hidden">
        {error !== null &&
          t("health.live.stale", { time: clockTime(figures.atMs), reason: errorMessage(error, t) })}
      </p>
      <Cards figures={figures} />
    </div>
  );
}

function Cards({ figures }: { figures: Figures }) {
  return (
    <div className="grid gap-4 md:grid-cols-2 min-[112rem]:grid-cols-4">
      <RequestsCard figures={figures} />
      {CALLS.map((call) => (
        <LatencyCard key={call} call={call} figures={figures} />
      ))}
      <CacheCard figures={figures} />
      <StagesCard figures={figures} />
      <BatchesCard figures={figures} />
      <LookupsCard figures={figures} />
      <WorkCard figures={figures} />
      <RoutesCard figures={figures} />
    </div>
  );
}
