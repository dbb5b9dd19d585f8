import "react-image-crop/dist/ReactCrop.css";
import { X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type PercentCrop, ReactCrop } from "react-image-crop";
import { Button } from "@/components/ui/Button";
import { type Box, formatBox } from "@/query/box";
import { pictureUrl } from "@/query/picture";

/** What a frame begins with where none can be drawn, as with a keyboard. */
const MIDDLE: Box = [0.2, 0.2, 0.8, 0.8];

interface Props {
  picture: string;
  crop: Box | null;
  onCrop: (crop: Box | null) => void;
  onRemove: () => void;
}

/** The picture that is searched with, and the frame around the part that counts. */
export function CropPanel({ picture, crop, onCrop, onRemove }: Props) {
  const { t } = useTranslation();
  const [drawn, setDrawn] = useState<PercentCrop>();
  const finish = (percent: PercentCrop) => {
    const box = boxOf(percent);
    // It is also called where a frame begins, without a size yet, and for one that is shown anew.
    if (box === null) return;
    setDrawn(undefined);
    if (crop === null || formatBox(box) !== formatBox(crop)) onCrop(box);
  };
  return (
    <section
      aria-label={t("search.picture.title")}
      className="bg-surface border-line rounded-2xl border p-3 lg:h-72 lg:shrink-0"
    >
      <div className="mb-2 flex items-center justify-between">
        <h2 className="font-semibold">{t("search.picture.title")}</h2>
        <Button
          variant="quiet"
          size="tiny"
          aria-label={t("search.picture.remove")}
          onClick={onRemove}
        >
          <X />
        </Button>
      </div>
      <div className="flex justify-center">
        <ReactCrop
          {...cropShown(drawn, crop)}
          keepSelection
          className="max-h-44 rounded-md"
          minWidth={16}
          minHeight={16}
          onChange={(_, percent) => setDrawn(percent)}
          onComplete={(_, percent) => finish(percent)}
          ariaLabels={t("search.picture.handles", { returnObjects: true })}
        >
          <img src={pictureUrl(picture)} alt={t("search.picture.title")} />
        </ReactCrop>
      </div>
      {crop === null ? (
        <p className="text-muted mt-2 flex items-center justify-between gap-2 text-xs">
          {t("search.picture.crop")}
          <Button size="small" onClick={() => onCrop(MIDDLE)}>
            {t("search.picture.frame")}
          </Button>
        </p>
      ) : (
        <Button size="small" className="mt-2" onClick={() => onCrop(null)}>
          {t("search.picture.whole")}
        </Button>
      )}
    </section>
  );
}

function cropShown(drawn: PercentCrop | undefined, crop: Box | null) {
  if (drawn) return { crop: drawn };
  if (crop === null) return {};
  const [left, top, right, bottom] = crop.map((side) => 100 * side) as [
    number,
    number,
    number,
    number,
  ];
  return {
    crop: { unit: "%" as const, x: left, y: top, width: right - left, height: bottom - top },
  };
}

function boxOf({ x, y, width, height }: PercentCrop): Box | null {
  if (width === 0 || height === 0) return null;
  const share = (percent: number) => Math.min(1, Math.max(0, percent / 100));
  return [share(x), share(y), share(x + width), share(y + height)];
}
