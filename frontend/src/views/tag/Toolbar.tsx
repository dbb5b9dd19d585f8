import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { Slider } from "@/components/ui/Slider";
import { MOST_POINTS, type TagAddress } from "./address";
import { download, toCsv, toJson } from "./exporting";
import { countChanges } from "./selection";
import type { TaggedPicture } from "./tagging";

interface Props {
  tagged: readonly TaggedPicture[];
  current: TaggedPicture | undefined;
  address: TagAddress;
}

/** The thresholds of all pictures, and the way out. */
export function Toolbar({ tagged, current, address }: Props) {
  const { t } = useTranslation();
  const nothing = tagged.every(({ prediction }) => prediction === null);
  const shift = address.points / 100;
  return (
    <div className="bg-surface border-line flex flex-wrap items-center gap-x-8 gap-y-3 rounded-xl border px-4 py-3">
      <Strictness tagged={tagged} current={current} address={address} />
      <div role="group" aria-label={t("tag.export.label")} className="flex items-center gap-2">
        <span className="text-muted font-medium" aria-hidden>
          {t("tag.export.label")}
        </span>
        <Button
          disabled={nothing}
          onClick={() => download(toJson(tagged, shift), "tags.json", "application/json")}
        >
          <Download aria-hidden />
          {t("tag.export.json")}
        </Button>
        <Button
          disabled={nothing}
          onClick={() => download(toCsv(tagged, shift), "tags.csv", "text/csv")}
        >
          <Download aria-hidden />
          {t("tag.export.csv")}
        </Button>
      </div>
    </div>
  );
}

function Strictness({ tagged, current, address }: Props) {
  const { t } = useTranslation();
  const { points, setPoints, keepPoints } = address;
  const shown = pointsText(points);
  const text =
    points === 0 ? t("tag.strictness.learnt") : t("tag.strictness.points", { points: shown });
  return (
    <div className="flex min-w-0 grow flex-wrap items-center gap-x-3 gap-y-1">
      <span className="font-medium" aria-hidden>
        {t("tag.strictness.label")}
      </span>
      <Slider
        label={t("tag.strictness.label")}
        value={points}
        valueText={text}
        min={-MOST_POINTS}
        max={MOST_POINTS}
        step={1}
        onChange={setPoints}
        onCommit={keepPoints}
        className="w-full min-w-40 max-w-72 grow basis-40"
      />
      <span className="w-20 tabular-nums">{text}</span>
      <Button
        size="small"
        onClick={() => keepPoints(0)}
        className={points === 0 ? "invisible" : ""}
      >
        {t("tag.strictness.reset")}
      </Button>
      <p role="status" className="text-muted min-h-[2lh] w-full sm:min-h-0 sm:w-auto">
        {points === 0 ? (
          t("tag.strictness.about")
        ) : (
          <Changes tagged={tagged} current={current} shift={points / 100} />
        )}
      </p>
    </div>
  );
}

function Changes({ tagged, current, shift }: Omit<Props, "address"> & { shift: number }) {
  const { t } = useTranslation();
  const words = (pictures: readonly TaggedPicture[]) => {
    const predictions = pictures.flatMap(({ prediction }) => prediction ?? []);
    const { gained, lost } = countChanges(predictions, shift);
    return {
      more: t("tag.strictness.more", { count: gained }),
      fewer: t("tag.strictness.fewer", { count: lost }),
    };
  };
  return (
    <>
      {current?.prediction && t("tag.strictness.here", words([current]))}{" "}
      {tagged.length > 1 && t("tag.strictness.all", words(tagged))}
    </>
  );
}

function pointsText(points: number): string {
  return points > 0 ? `+${points}` : `−${-points}`;
}
