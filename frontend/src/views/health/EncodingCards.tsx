import { useTranslation } from "react-i18next";
import { Card } from "./Card";
import { Figure } from "./Figure";
import { type Figures, RELEASES, STAGES } from "./figures";
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
          value={t("health.batches.inputs", { value: decimal(recent.batchSize) })}
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
