import type { Metadata } from "./metadata";

export interface ItemFields {
  caption?: string;
  labels?: Record<string, string[] | null>;
  metadata?: Metadata;
}

/** Returns the form that writes an item: what is left out is not in it. */
export function itemForm(fields: ItemFields, picture: File | null): FormData {
  const form = new FormData();
  if (picture !== null) form.append("image", picture);
  if (fields.caption !== undefined) form.append("caption", fields.caption);
  if (fields.labels) form.append("labels", JSON.stringify(fields.labels));
  if (fields.metadata) form.append("metadata", JSON.stringify(fields.metadata));
  return form;
}
