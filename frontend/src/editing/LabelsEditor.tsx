import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { type KeyboardEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { answerOf, api } from "@/api/client";
import { Button } from "@/components/ui/Button";
import { Chip } from "@/components/ui/Chip";
import { Field } from "@/components/ui/Field";
import { readableField } from "@/names";
import type { Given } from "./given";

interface Props {
  given: Given;
  /** Offered beside those that have labels. */
  attributes: readonly string[];
  onChange: (given: Given) => void;
}

/** Edits the given labels of each attribute. */
export function LabelsEditor({ given, attributes, onChange }: Props) {
  const shown = [...new Set([...Object.keys(given), ...attributes])];
  return (
    <div className="flex flex-col gap-3">
      {shown.map((attribute) => (
        <AttributeEditor
          key={attribute}
          attribute={attribute}
          labels={given[attribute] ?? []}
          onChange={(labels) => onChange({ ...given, [attribute]: labels })}
        />
      ))}
      <NewAttribute
        onAdd={(attribute) => !shown.includes(attribute) && onChange({ ...given, [attribute]: [] })}
      />
    </div>
  );
}

interface AttributeProps {
  attribute: string;
  labels: readonly string[];
  onChange: (labels: string[]) => void;
}

function AttributeEditor({ attribute, labels, onChange }: AttributeProps) {
  const { t } = useTranslation();
  const id = useId();
  const [typed, setTyped] = useState("");
  const [used, setUsed] = useState(false);
  const known = useKnownLabels(attribute, used);
  const add = () => {
    const label = typed.trim();
    if (label !== "" && !labels.includes(label)) onChange([...labels, label]);
    setTyped("");
  };
  return (
    <div className="grid gap-1.5 sm:grid-cols-[8rem_1fr]">
      <span id={id} className="text-muted pt-1 font-medium">
        {readableField(attribute)}
      </span>
      <div role="group" aria-labelledby={id} className="flex flex-wrap items-center gap-1.5">
        {labels.map((label) => (
          <Chip
            key={label}
            tone="accent"
            removeLabel={t("editing.labels.remove", { label })}
            onRemove={() => onChange(labels.filter((other) => other !== label))}
          >
            <span className="truncate">{label}</span>
          </Chip>
        ))}
        <input
          aria-label={t("editing.labels.add", { attribute: readableField(attribute) })}
          placeholder={t("editing.labels.placeholder")}
          list={`${id}-known`}
          maxLength={200}
          value={typed}
          onFocus={() => setUsed(true)}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => onEnter(event, add)}
          onBlur={add}
          className="border-field bg-surface placeholder:text-muted h-8 w-36 rounded-lg border px-2.5"
        />
        <datalist id={`${id}-known`}>
          {known
            .filter((label) => !labels.includes(label))
            .map((label) => (
              <option key={label} value={label} />
            ))}
        </datalist>
      </div>
    </div>
  );
}

function NewAttribute({ onAdd }: { onAdd: (attribute: string) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const bad = typed.includes("=") || typed.trim().length > 100;
  const add = () => {
    if (typed.trim() === "" || bad) return;
    onAdd(typed.trim());
    setTyped("");
  };
  return (
    <div className="flex items-end gap-2">
      <Field
        label={t("editing.labels.attribute")}
        placeholder={t("editing.labels.attributePlaceholder")}
        value={typed}
        problem={bad ? t("editing.labels.badAttribute") : undefined}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => onEnter(event, add)}
        className="w-52"
      />
      <Button onClick={add} disabled={typed.trim() === "" || bad}>
        <Plus aria-hidden />
        {t("editing.labels.addAttribute")}
      </Button>
    </div>
  );
}

/** Enter adds what is typed rather than sending the form around it. */
function onEnter(event: KeyboardEvent, add: () => void): void {
  if (event.key !== "Enter") return;
  event.preventDefault();
  add();
}

function useKnownLabels(attribute: string, enabled: boolean): string[] {
  const { data } = useQuery({
    queryKey: ["facets", "known labels", attribute],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET("/facets", { params: { query: { fields: [attribute], limit: 1000 } }, signal }),
      ),
    enabled,
  });
  return data?.facets[attribute]?.map(({ value }) => String(value)) ?? [];
}
