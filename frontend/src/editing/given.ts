import type { Item } from "@/api/types";

/** Labels that somebody gave, by attribute. */
export type Given = Item["given"];

/** Returns the labels without attributes that have none. */
export function withoutEmpty(given: Given): Given {
  return Object.fromEntries(Object.entries(given).filter(([, labels]) => labels.length > 0));
}
