import { useTranslation } from "react-i18next";
import { useKey } from "@/api/key";
import { clockTime } from "./format";
import { needsKey, useSwap } from "./queries";

/** How far the last swap of encoder and index is. */
export function SwapLine() {
  const { t } = useTranslation();
  const key = useKey();
  const swap = useSwap();
  if (key === null || needsKey(swap.error)) {
    return <span className="text-muted text-sm font-normal">{t("health.swap.needsKey")}</span>;
  }
  if (swap.data === undefined) return "–";
  const { state, message, since } = swap.data;
  return (
    <>
      <span className={state === "failed" ? "text-bad" : ""}>{t(`health.swap.${state}`)}</span>
      {state !== "idle" && (
        <span className="text-muted block text-xs font-normal">
          {message}
          {since !== null && `, ${t("health.swap.since", { time: clockTime(since) })}`}
        </span>
      )}
    </>
  );
}
