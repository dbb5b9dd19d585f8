/** Names as people read them. */
import type { Item } from "./api/types";

/** Returns the caption of an item; where it has none its first labels, and without these its id. */
export function itemName({ caption, labels, id }: Pick<Item, "caption" | "labels" | "id">): string {
  return caption || labels.slice(0, 2).join(", ") || id;
}

/** Returns `article_type` as "Article type", `metadata.price` as "Price". */
export function readableField(field: string): string {
  const words = field
    .replace(/^metadata\./, "")
    .replaceAll(/[_.]+/g, " ")
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Returns 0.874 as "87 %", and what is there but rounds to nothing as "< 1 %". */
export function percent(share: number): string {
  if (share > 0 && share < 0.005) return "< 1 %";
  return `${Math.round(100 * share)} %`;
}
