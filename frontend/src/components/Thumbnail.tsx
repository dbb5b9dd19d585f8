import { ImageOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  picture: Blob;
  /** CSS pixels a side. */
  side: number;
}

/** A small copy of a picture that the page holds; made once it comes into view. */
export function Thumbnail({ picture, side }: Props) {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [broken, setBroken] = useState<Blob | null>(null);
  const isBroken = broken === picture;
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return;
        observer.disconnect();
        afterOthers(() => draw(picture, element, side)).catch(() => setBroken(picture));
      },
      { rootMargin: "200px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [picture, side]);
  return (
    <span
      style={{ width: side, height: side }}
      className="bg-raised relative block shrink-0 overflow-hidden rounded-lg"
    >
      <canvas ref={canvas} aria-hidden hidden={isBroken} className="size-full object-contain" />
      {isBroken && (
        <span className="text-muted absolute inset-0 grid place-items-center">
          <ImageOff className="size-5" aria-hidden />
          <span className="sr-only">{t("common.picture.unseen")}</span>
        </span>
      )}
    </span>
  );
}

let last: Promise<unknown> = Promise.resolve();

/** One at a time: a decoded picture of 12 megapixels takes 48 MB. */
function afterOthers(work: () => Promise<void>): Promise<void> {
  const turn = last.then(work);
  last = turn.catch(() => undefined);
  return turn;
}

async function draw(picture: Blob, canvas: HTMLCanvasElement, side: number): Promise<void> {
  if (!canvas.isConnected) return;
  const bitmap = await createImageBitmap(picture);
  const scale = (side * window.devicePixelRatio) / Math.max(bitmap.width, bitmap.height);
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
}
