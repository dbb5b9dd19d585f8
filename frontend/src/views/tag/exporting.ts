/** Tags of pictures as files. */
import { judgeTags } from "./selection";
import type { TaggedPicture } from "./tagging";

/** Returns the tags of each picture, with their probabilities and verdicts. */
export function toJson(tagged: readonly TaggedPicture[], shift: number): string {
  const pictures = tagged.map(({ picture, prediction, error }) => ({
    filename: picture.name,
    ...(picture.itemId !== null && { id: picture.itemId }),
    ...(prediction === null
      ? { error: error?.message ?? "not tagged yet" }
      : { tags: judgedByAttribute(picture, prediction, shift) }),
  }));
  return `${JSON.stringify({ threshold_shift: shift, pictures }, null, 2)}\n`;
}

function judgedByAttribute(
  { verdicts }: TaggedPicture["picture"],
  { tags }: NonNullable<TaggedPicture["prediction"]>,
  shift: number,
) {
  return Object.fromEntries(
    Object.entries(tags).map(([attribute, labels]) => [
      attribute,
      judgeTags(attribute, labels, shift, verdicts)
        .filter((tag) => tag.chosen || tag.verdict !== null)
        .map(({ label, probability, threshold, chosen, verdict }) => ({
          label,
          probability,
          threshold,
          chosen,
          verdict,
        })),
    ]),
  );
}

/** Returns a manifest as `prepare_dataset.py csv` reads it; pictures without tags are left out. */
export function toCsv(tagged: readonly TaggedPicture[], shift: number): string {
  const rows = tagged.flatMap(({ picture, prediction }) =>
    prediction === null ? [] : [{ picture, tags: prediction.tags }],
  );
  const attributes = [...new Set(rows.flatMap(({ tags }) => Object.keys(tags)))];
  const table = rows.map(({ picture, tags }) => [
    harmlessPath(picture.name),
    ...attributes.map((attribute) =>
      judgeTags(attribute, tags[attribute] ?? [], shift, picture.verdicts)
        .filter((tag) => tag.chosen)
        .map((tag) => tag.label)
        .join(";"),
    ),
  ]);
  return [["image_path", ...attributes], ...table]
    .map((cells) => `${cells.map(quoted).join(",")}\r\n`)
    .join("");
}

/**
 * A spreadsheet runs a cell that begins like a formula; `./` before a path changes nothing else.
 * Labels are the encoder's own and stay as they are.
 */
function harmlessPath(name: string): string {
  return /^[=+\-@\t\r\n]/.test(name) ? `./${name}` : name;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

export function download(content: string, filename: string, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  link.click();
  URL.revokeObjectURL(url);
}
