import { Plus, Trash2 } from "lucide-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import { Select } from "@/components/ui/Select";
import { KINDS, type MetadataRow, ofKind, type RowProblem, withNewRow } from "./metadata";

interface Props {
  rows: readonly MetadataRow[];
  problems: ReadonlyMap<number, RowProblem>;
  onChange: (rows: MetadataRow[]) => void;
}

/** Edits metadata as rows of a name, a kind and a value. */
export function MetadataEditor({ rows, problems, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col items-start gap-2">
      {rows.length === 0 && <p className="text-muted">{t("editing.metadata.none")}</p>}
      {rows.map((row) => (
        <RowEditor
          key={row.row}
          row={row}
          problem={problems.get(row.row)}
          onChange={(changed) =>
            onChange(rows.map((other) => (other.row === row.row ? changed : other)))
          }
          onRemove={() => onChange(rows.filter((other) => other.row !== row.row))}
        />
      ))}
      <Button onClick={() => onChange(withNewRow(rows))}>
        <Plus aria-hidden />
        {t("editing.metadata.add")}
      </Button>
    </div>
  );
}

interface RowProps {
  row: MetadataRow;
  problem: RowProblem | undefined;
  onChange: (row: MetadataRow) => void;
  onRemove: () => void;
}

function RowEditor({ row, problem, onChange, onRemove }: RowProps) {
  const { t } = useTranslation();
  const id = useId();
  const name = row.name.trim() === "" ? t("editing.metadata.unnamed") : row.name;
  return (
    <div className="border-line w-full border-b pb-2 last-of-type:border-0">
      <div className="grid grid-cols-[1fr_7.5rem_auto] items-start gap-2 sm:grid-cols-[10rem_7.5rem_1fr_auto]">
        <Field
          label={t("editing.metadata.name")}
          hideLabel
          placeholder={t("editing.metadata.name")}
          value={row.name}
          aria-describedby={problem && id}
          onChange={(event) => onChange({ ...row, name: event.target.value })}
        />
        <Select
          label={t("editing.metadata.kind", { name })}
          value={row.kind}
          options={KINDS.map((kind) => ({
            value: kind,
            label: t(`editing.metadata.kinds.${kind}`),
          }))}
          onChange={(kind) => onChange(ofKind(row, kind))}
        />
        <div className="order-last col-span-3 sm:order-none sm:col-span-1">
          <Value row={row} name={name} problemId={problem && id} onChange={onChange} />
        </div>
        <Button
          variant="quiet"
          size="icon"
          aria-label={t("editing.metadata.remove", { name })}
          onClick={onRemove}
        >
          <Trash2 />
        </Button>
      </div>
      {problem && (
        <p id={id} className="text-bad mt-1 text-xs">
          {t(`editing.metadata.problems.${problem}`)}
        </p>
      )}
    </div>
  );
}

interface ValueProps {
  row: MetadataRow;
  name: string;
  problemId: string | undefined;
  onChange: (row: MetadataRow) => void;
}

function Value({ row, name, problemId, onChange }: ValueProps) {
  const { t } = useTranslation();
  const label = t("editing.metadata.value", { name });
  if (row.kind === "truth") {
    return (
      <Select
        label={label}
        value={row.value === "true" ? "true" : "false"}
        options={(["true", "false"] as const).map((value) => ({
          value,
          label: t(`editing.metadata.truths.${value}`),
        }))}
        onChange={(value) => onChange({ ...row, value })}
      />
    );
  }
  // An <input> would drop the line breaks of a text.
  return (
    <textarea
      aria-label={label}
      aria-invalid={problemId !== undefined}
      aria-describedby={problemId}
      rows={1}
      inputMode={row.kind === "number" ? "decimal" : "text"}
      placeholder={t("editing.metadata.valueHeader")}
      value={row.value}
      onChange={(event) => onChange({ ...row, value: event.target.value })}
      className="border-field bg-surface placeholder:text-muted aria-invalid:border-bad field-sizing-content max-h-60 min-h-9 w-full rounded-lg border px-3 py-1.5 font-[inherit]"
    />
  );
}
