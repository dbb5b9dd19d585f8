import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { reducedPicture, UnreadablePictureError } from "@/query/picture";
import type { Change } from "@/query/useSearchQuery";

/** Takes the first picture into the query; says so, until the next search, where the browser cannot read it. */
export function usePicture(change: Change) {
  const { t } = useTranslation();
  /** What is said, and of which search. */
  const [problem, setProblem] = useState<{ text: string; address: string } | null>(null);
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
        const text = t("search.picture.unreadable", { name: file.name });
        if (isLatest()) setProblem({ text, address: window.location.href });
      }
    },
    [change, t],
  );
  const takePictures = useCallback((files: File[]) => void take(files), [take]);
  const current = problem?.address === window.location.href ? problem.text : null;
  return [current, takePictures] as const;
}
