import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { reducedPicture, UnreadablePictureError } from "@/query/picture";
import type { Change } from "@/query/useSearchQuery";

/** Takes the first picture into the query; says so where the browser cannot read it. */
export function usePicture(change: Change) {
  const { t } = useTranslation();
  const [problem, setProblem] = useState<string | null>(null);
  /** None once the view was left: what is read later must not lead back to it. */
  const latest = useRef<File>(undefined);
  useEffect(() => () => (latest.current = undefined), []);
  const take = useCallback(
    async ([file]: File[]) => {
      if (!file) return;
      latest.current = file;
      const isLatest = () => latest.current === file;
      try {
        const picture = await reducedPicture(file);
        if (!isLatest()) return;
        change({ picture, crop: null });
        setProblem(null);
      } catch (error) {
        if (!(error instanceof UnreadablePictureError)) throw error;
        if (isLatest()) setProblem(t("search.picture.unreadable", { name: file.name }));
      }
    },
    [change, t],
  );
  const takePictures = useCallback((files: File[]) => void take(files), [take]);
  return [problem, takePictures] as const;
}
