import { CircleCheck, CircleX, Stethoscope, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/client";
import { useKey } from "@/api/key";
import { ErrorNotice } from "@/components/ErrorNotice";
import { KeyDialog } from "@/components/KeyDialog";
import { Notice } from "@/components/Notice";
import { Button } from "@/components/ui/Button";
import { askAgain } from "@/queryClient";
import { Card } from "./Card";
import type { Finding } from "@/api/types";
import { byUrgency, countByStatus } from "./findings";
import { needsKey, useDoctor } from "./queries";

const MARKS = {
  failure: { icon: CircleX, tone: "text-bad" },
  warning: { icon: TriangleAlert, tone: "text-warn" },
  ok: { icon: CircleCheck, tone: "text-good" },
};

/** What doctor finds, the worst first; an invitation without a key that may see it. */
export function DoctorCard() {
  const { t } = useTranslation();
  const key = useKey();
  const doctor = useDoctor();
  const check = () => void doctor.refetch();
  const problem = doctor.error ?? doctor.failureReason;
  const mayAsk = key !== null && !needsKey(doctor.error);
  return (
    <Card
      title={t("health.doctor.title")}
      action={
        mayAsk && (
          <Button size="small" onClick={check} disabled={doctor.isFetching}>
            {t(doctor.isFetching ? "health.doctor.checking" : "health.doctor.again")}
          </Button>
        )
      }
    >
      {!mayAsk ? (
        <Invitation refusal={key === null ? null : doctor.error} />
      ) : problem !== null ? (
        <ErrorNotice error={problem} onRetry={() => askAgain("doctor")} />
      ) : (
        <Findings findings={doctor.data?.findings} />
      )}
    </Card>
  );
}

function Invitation({ refusal }: { refusal: Error | null }) {
  const { t } = useTranslation();
  const isTooSmall = refusal instanceof ApiError && refusal.code === "scope_too_small";
  return (
    <Notice
      icon={Stethoscope}
      title={t("health.doctor.invitation")}
      action={<KeyDialog trigger={<Button>{t("common.key.button")}</Button>} />}
    >
      {isTooSmall
        ? t("health.doctor.tooSmall")
        : (refusal?.message ?? t("health.doctor.invitationAbout"))}
    </Notice>
  );
}

function Findings({ findings }: { findings: readonly Finding[] | undefined }) {
  const { t } = useTranslation();
  return (
    <>
      <p role="status" className="text-muted">
        {findings === undefined ? t("health.doctor.checking") : <Summary findings={findings} />}
      </p>
      <ul className="flex flex-col">
        {byUrgency(findings ?? []).map(({ status, what, advice }) => {
          const { icon: Icon, tone } = MARKS[status];
          return (
            <li key={what} className="border-line flex gap-2.5 border-t py-2.5">
              <Icon className={`mt-0.5 size-4 shrink-0 ${tone}`} aria-hidden />
              <div className="min-w-0 wrap-anywhere">
                <span
                  className={status === "ok" ? "sr-only" : `block text-xs font-semibold ${tone}`}
                >
                  {t(`health.doctor.${status}`)}
                </span>
                <p>{what}</p>
                {advice !== "" && <p className="text-muted mt-0.5">{advice}</p>}
              </div>
            </li>
          );
        })}
      </ul>
    </>
  );
}

function Summary({ findings }: { findings: readonly Finding[] }) {
  const { t } = useTranslation();
  const counts = countByStatus(findings);
  return [
    t("health.doctor.failures", { count: counts.failure }),
    t("health.doctor.warnings", { count: counts.warning }),
    t("health.doctor.oks", { value: counts.ok }),
  ].join(" · ");
}
