import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answerOf, api } from "@/api/client";
import { LabelsEditor } from "@/editing/LabelsEditor";
import type { RowProblem } from "@/editing/metadata";
import { MetadataEditor } from "@/editing/MetadataEditor";
import type { Shared } from "./queue";
import { dispatch } from "./uploads";

interface Props {
  shared: Shared;
  problems: ReadonlyMap<number, RowProblem>;
}

/** Labels and metadata that all pictures of an upload are given. */
export function SharedFields({ shared: { given, metadataRows }, problems }: Props) {
  const { t } = useTranslation();
  const isGiven = Object.keys(given).length > 0 || metadataRows.length > 0;
  const [isOpen, setOpen] = useState(isGiven);
  const attributes = useAttributes(isOpen);
  return (
    <details
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="group border-line bg-surface rounded-2xl border"
    >
      <summary className="flex cursor-pointer items-center gap-2 rounded-2xl px-4 py-3 font-medium">
        <ChevronRight className="size-4 transition-transform group-open:rotate-90" aria-hidden />
        {t("add.shared.title")}
      </summary>
      <div className="flex flex-col gap-4 px-4 pb-4">
        <p className="text-muted">{t("add.shared.about")}</p>
        <div className="grid gap-6 lg:grid-cols-2">
          <fieldset className="min-w-0">
            <legend className="mb-2 font-medium">{t("add.shared.labels")}</legend>
            <LabelsEditor
              given={given}
              attributes={attributes}
              onChange={(changed) => edit({ given: changed })}
            />
          </fieldset>
          <fieldset className="min-w-0">
            <legend className="mb-2 font-medium">{t("add.shared.metadata")}</legend>
            <MetadataEditor
              rows={metadataRows}
              problems={problems}
              onChange={(changed) => edit({ metadataRows: changed })}
            />
          </fieldset>
        </div>
      </div>
    </details>
  );
}

function edit(change: Partial<Shared>): void {
  dispatch({ type: "sharedEdited", change });
}

/** Returns the attributes that items have labels of. */
function useAttributes(enabled: boolean): string[] {
  const { data } = useQuery({
    queryKey: ["facets", "attributes"],
    queryFn: ({ signal }) =>
      answerOf(api.GET("/facets", { params: { query: { limit: 1 } }, signal })),
    enabled,
  });
  return Object.keys(data?.facets ?? {}).filter((field) => !field.startsWith("metadata."));
}
