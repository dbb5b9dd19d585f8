import { useTranslation } from "react-i18next";
import { Card } from "./Card";
import { Figure } from "./Figure";
import { type Figures, LOOKUPS, OUTCOMES, REFUSALS, RELEASES, STAGES } from "./figures";
import { count, decimal, duration } from "./format";
import { Rows } from "./Rows";

interface Props {
  figures: Figures;
}

export function StagesCard({ figures }: Props) {
  const { t } = useTranslation();
  const { recent, sinceStart } = figures;
  const longest = Math.max(...STAGES.map((stage) => recent.stageS[stage]).filter(Number.isFinite));
  return (
    <Card title={t("health.stages.title")}>
      <Rows
        heading={t("health.stages.about")}
        rows={STAGES.map((stage) => ({
          name: t(`health.stages.${stage}`),
          recent: duration(recent.stageS[stage]),
          sinceStart: duration(sinceStart.stageS[stage]),
          share: recent.stageS[stage] / longest,
        }))}
      />
    </Card>
  );
}

export function BatchesCard({ figures }: Props) {
  const { t } = useTranslation();
  const { recent, sinceStart } = figures;
  const released = RELEASES.reduce((sum, reason) => sum + recent.releases[reason], 0);
  return (
    <Card title={t("health.batches.title")}>
      <dl>
        <Figure
          label={t("health.batches.size")}
          value={decimal(recent.batchSize)}
          sinceStart={decimal(sinceStart.batchSize)}
        />
      </dl>
      <Rows
        heading={t("health.batches.reasons")}
        rows={RELEASES.map((reason) => ({
          name: t(`health.batches.${reason}`),
          recent: count(recent.releases[reason]),
          sinceStart: count(sinceStart.releases[reason]),
          share: recent.releases[reason] / released,
        }))}
      />
      <p className="text-muted text-xs">{t("health.batches.about")}</p>
    </Card>
  );
}

export function LookupsCard({ figures }: Props) {
  const { t } = useTranslation();
  const { recent, sinceStart } = figures;
  const all = LOOKUPS.reduce((sum, result) => sum + recent.lookups[result], 0);
  return (
    <Card title={t("health.lookups.title")}>
      <Rows
        heading={t("health.lookups.result")}
        rows={LOOKUPS.map((result) => ({
          name: t(`health.lookups.${result}`),
          recent: count(recent.lookups[result]),
          sinceStart: count(sinceStart.lookups[result]),
          share: recent.lookups[result] / all,
        }))}
      />
    </Card>
  );
}

export function WorkCard({ figures }: Props) {
  const { t } = useTranslation();
  const { recent, sinceStart } = figures;
  return (
    <Card title={t("health.work.title")}>
      <dl className="grid grid-cols-3 gap-3">
        <Figure label={t("health.work.queued")} value={count(figures.queued)} />
        <Figure label={t("health.work.oldest")} value={duration(figures.oldestWaitS)} />
        <Figure
          label={t("health.work.ready")}
          value={count(figures.ready)}
          tone={figures.ready === 0 ? "bad" : "ink"}
        />
      </dl>
      <Rows
        heading={t("health.work.events")}
        rows={[
          ...REFUSALS.map((reason) => ({
            name: t(`health.work.${reason}`),
            recent: count(recent.refusals[reason]),
            sinceStart: count(sinceStart.refusals[reason]),
          })),
          ...OUTCOMES.map((outcome) => ({
            name: t(`health.work.${outcome}`),
            recent: count(recent.swaps[outcome]),
            sinceStart: count(sinceStart.swaps[outcome]),
          })),
        ]}
      />
    </Card>
  );
}
