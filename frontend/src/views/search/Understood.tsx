import { Lightbulb } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { SearchResponse } from "@/api/types";

/** What the server read in the words beside their meaning. */
export function Understood({ understood }: { understood: SearchResponse["understood"] }) {
  const { t } = useTranslation();
  if (!understood) return null;
  const { must, must_not: mustNot, unlike } = understood;
  const label = (tag: string) => tag.slice(tag.indexOf("=") + 1);
  const excluded = [...mustNot.map(label), ...unlike];
  const read = [
    ...must.map((tags) => t("search.mustHave", { values: tags.map(label).join(t("search.or")) })),
    ...(excluded.length > 0 ? [t("search.mustNotHave", { values: excluded.join(", ") })] : []),
  ];
  return (
    <p className="text-muted flex items-center gap-1.5">
      <Lightbulb className="size-4 shrink-0" aria-hidden />
      {t("search.understood")}: {read.join("; ")}
    </p>
  );
}
