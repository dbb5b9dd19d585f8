import { useTranslation } from "react-i18next";
import { Card, EmptyCard } from "./Card";
import { Figure } from "./Figure";
import { type Call, type Figures, QUANTILES } from "./figures";
import { count, latency, rate, share, size } from "./format";
import { LineChart } from "./LineChart";

interface Props {
  figures: Figures;
}

export function RequestsCard({ figures }: Props) {
  const { t } = useTranslation();
  const { recent, recentS, sinceStart, points } = figures;
  return (
    <Card title={t("health.requests.title")}>
      <dl className="grid grid-cols-3 gap-3">
        <Figure
          label={t("health.requests.rate")}
          value={rate(recent.worked.requests / recentS)}
          sinceStart={count(sinceStart.worked.requests)}
        />
        <Figure
          label={t("health.requests.refused")}
          value={count(recent.worked.refused)}
          sinceStart={count(sinceStart.worked.refused)}
        />
        <Figure
          label={t("health.requests.failed")}
          value={count(recent.worked.failed)}
          sinceStart={count(sinceStart.worked.failed)}
          tone={recent.worked.failed > 0 ? "bad" : "ink"}
        />
      </dl>
      <p className="text-muted text-xs">{t("health.requests.about")}</p>
      <LineChart
        name={t("health.requests.chart")}
        timesMs={points.map(({ atMs }) => atMs)}
        series={[
          { name: t("health.requests.chart"), values: points.map((point) => point.requestsPerS) },
        ]}
        format={rate}
      />
    </Card>
  );
}

export function LatencyCard({ call, figures }: Props & { call: Call }) {
  const { t } = useTranslation();
  const { recent, sinceStart, points } = figures;
  const title = t("health.latency.title", { call });
  if (sinceStart.asked[call] === 0)
    return <EmptyCard title={title}>{t(`health.latency.none.${call}`)}</EmptyCard>;
  const names = [t("health.latency.p50"), t("health.latency.p95"), t("health.latency.p99")];
  const line = (quantile: number) => points.map((point) => point.latency[call][quantile] ?? NaN);
  return (
    <Card title={title}>
      <dl className="grid grid-cols-3 gap-3">
        {QUANTILES.map((q, index) => (
          <Figure
            key={q}
            label={names[index] ?? ""}
            value={latency(recent.latency[call][index] ?? NaN)}
            sinceStart={latency(sinceStart.latency[call][index] ?? NaN)}
          />
        ))}
      </dl>
      <p className="text-muted text-xs">{t("health.latency.about")}</p>
      <LineChart
        name={title}
        timesMs={points.map(({ atMs }) => atMs)}
        series={[
          { name: t("health.latency.p50"), values: line(0) },
          { name: t("health.latency.p95"), values: line(1), dashed: true },
        ]}
        format={latency}
      />
    </Card>
  );
}

export function CacheCard({ figures }: Props) {
  const { t } = useTranslation();
  const { recent, sinceStart, points, cacheBytes } = figures;
  const title = t("health.cache.title");
  if (Number.isNaN(sinceStart.foundShare))
    return <EmptyCard title={title}>{t("health.cache.none")}</EmptyCard>;
  return (
    <Card title={title}>
      <dl className="grid grid-cols-3 gap-3">
        <Figure
          label={t("health.cache.found")}
          value={share(recent.foundShare)}
          sinceStart={share(sinceStart.foundShare)}
        />
        <Figure label={t("health.cache.size")} value={size(cacheBytes)} />
        <Figure
          label={t("health.cache.evictions")}
          value={count(recent.evictions)}
          sinceStart={count(sinceStart.evictions)}
        />
      </dl>
      <p className="text-muted text-xs">{t("health.cache.about")}</p>
      <LineChart
        name={t("health.cache.found")}
        timesMs={points.map(({ atMs }) => atMs)}
        series={[
          { name: t("health.cache.found"), values: points.map((point) => point.foundShare) },
        ]}
        format={share}
        top={1}
      />
    </Card>
  );
}
