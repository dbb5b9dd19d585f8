/** An item while somebody edits it. */
import type { Item } from "@/api/types";
import { type Given, withoutEmpty } from "@/editing/given";
import type { ItemFields } from "@/editing/itemForm";
import { applyPatch, mergePatch, same } from "@/editing/mergePatch";
import { type Metadata, type MetadataRow, readRows, rowsOf } from "@/editing/metadata";

export interface Draft {
  caption: string;
  given: Given;
  rows: MetadataRow[];
}

/** What somebody else wrote meanwhile, of what is changed here too. */
export interface Conflict {
  field: string;
  theirs: string;
}

export function draftOf(item: Item): Draft {
  return { caption: item.caption, given: item.given, rows: rowsOf(item.metadata) };
}

/** Returns what the draft changes of the item, and the rows that cannot be read. */
export function changesOf(item: Item, draft: Draft) {
  const { metadata, problems } = readRows(draft.rows, item.metadata);
  const labels = mergePatch(item.given, withoutEmpty(draft.given));
  const changed = mergePatch(item.metadata, metadata);
  const changes: ItemFields = {
    ...(draft.caption !== item.caption && { caption: draft.caption }),
    ...(labels !== undefined && { labels: labels as Record<string, string[] | null> }),
    ...(changed !== undefined && { metadata: changed as Metadata }),
  };
  return { changes, problems };
}

/** Returns the changes to one version of an item as a draft of another version. */
export function rebased(changes: ItemFields, latest: Item): Draft {
  return {
    caption: changes.caption ?? latest.caption,
    given: applyPatch(latest.given, changes.labels ?? {}) as Given,
    rows: rowsOf(applyPatch(latest.metadata, changes.metadata ?? {}) as Metadata),
  };
}

/** Returns what both the changes and somebody else changed, and not in the same way. */
export function conflictsOf(changes: ItemFields, base: Item, latest: Item): Conflict[] {
  const fields: [string, unknown, unknown, unknown][] = [
    ["caption", changes.caption, base.caption, latest.caption],
    ...parts(changes.labels, base.given, latest.given),
    ...parts(changes.metadata, base.metadata, latest.metadata).map(
      ([name, ...values]) => [`metadata.${name}`, ...values] as [string, unknown, unknown, unknown],
    ),
  ];
  return fields
    .filter(([, mine, before, theirs]) => {
      if (mine === undefined || same(before, theirs)) return false;
      return !same(mine === null ? undefined : applyPatch(before, mine), theirs);
    })
    .map(([field, , , theirs]) => ({ field, theirs: shown(theirs) }));
}

function parts(
  changes: Record<string, unknown> | undefined,
  base: Record<string, unknown>,
  latest: Record<string, unknown>,
): [string, unknown, unknown, unknown][] {
  return Object.entries(changes ?? {}).map(([name, mine]) => [
    name,
    mine,
    base[name],
    latest[name],
  ]);
}

function shown(value: unknown): string {
  if (value === undefined) return "–";
  if (Array.isArray(value)) return value.map(shown).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
