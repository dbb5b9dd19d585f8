import { useTranslation } from "react-i18next";
import { flattened, type Metadata } from "@/editing/metadata";

/** Metadata to read: nested values by their path. */
export function MetadataTable({ metadata }: { metadata: Metadata }) {
  const { t } = useTranslation();
  const rows = flattened(metadata);
  return (
    <section aria-labelledby="metadata" className="flex flex-col gap-2">
      <h2 id="metadata" className="text-base font-semibold">
        {t("item.metadata.title")}
      </h2>
      {rows.length === 0 ? (
        <p className="text-muted">{t("item.metadata.none")}</p>
      ) : (
        <table className="border-line w-full border-t">
          <thead className="sr-only">
            <tr>
              <th scope="col">{t("item.metadata.name")}</th>
              <th scope="col">{t("item.metadata.value")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, value]) => (
              <tr key={name} className="border-line border-b align-top">
                <th
                  scope="row"
                  className="text-muted w-40 py-2 pr-4 text-left font-medium wrap-anywhere"
                >
                  {name}
                </th>
                <td className="py-2 wrap-anywhere whitespace-pre-line">
                  <Value value={value} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Value({ value }: { value: unknown }) {
  const { t } = useTranslation();
  if (value === null || value === "") return t("item.metadata.empty");
  if (typeof value === "boolean") return t(`item.metadata.truths.${value ? "true" : "false"}`);
  if (typeof value === "string") return <Text text={value} />;
  if (Array.isArray(value) && value.every((part) => typeof part !== "object")) {
    return value.join(", ");
  }
  return typeof value === "number" ? value.toString() : <code>{JSON.stringify(value)}</code>;
}

function Text({ text }: { text: string }) {
  if (!/^https?:\/\/\S+$/.test(text)) return text;
  return (
    <a href={text} rel="noreferrer" target="_blank" className="text-accent underline">
      {text}
    </a>
  );
}
