/** Metadata as rows that people edit: a name, a kind of value and the value as it is typed. */
import type { Item } from "@/api/types";
import { addsNull, isObject } from "./mergePatch";

export type Metadata = Item["metadata"];

export const KINDS = ["text", "number", "truth", "json"] as const;
export type Kind = (typeof KINDS)[number];

export interface MetadataRow {
  /** Tells rows apart while their names change. */
  row: number;
  name: string;
  kind: Kind;
  value: string;
}

export type RowProblem = "nameMissing" | "nameTwice" | "number" | "json" | "newNull";

const JSON_NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

export function rowsOf(metadata: Metadata): MetadataRow[] {
  return Object.entries(metadata).map(([name, value], row) => ({ row, name, ...typed(value) }));
}

export function withNewRow(rows: readonly MetadataRow[]): MetadataRow[] {
  const row = 1 + Math.max(-1, ...rows.map((other) => other.row));
  return [...rows, { row, name: "", kind: "text", value: "" }];
}

/** Returns the row as one of another kind; what is typed stays where it can. */
export function ofKind(row: MetadataRow, kind: Kind): MetadataRow {
  const isTruth = row.value === "true" || row.value === "false";
  return { ...row, kind, value: kind === "truth" && !isTruth ? "true" : row.value };
}

/**
 * Reads the rows; empty ones count for nothing.
 *
 * @param patched - the metadata that a patch changes into this: it cannot get a null anew, and what
 *   stays as it is need not be readable, as a number of more digits than JavaScript keeps.
 */
export function readRows(rows: readonly MetadataRow[], patched?: Metadata) {
  const problems = new Map<number, RowProblem>();
  const values = new Map<string, unknown>();
  for (const row of rows.filter(({ name, value }) => name.trim() !== "" || value.trim() !== "")) {
    const name = row.name.trim();
    const value = patched && isUntouched(row, patched) ? patched[row.name] : valueOf(row);
    if (name === "") problems.set(row.row, "nameMissing");
    else if (values.has(name)) problems.set(row.row, "nameTwice");
    else if (value === undefined) problems.set(row.row, row.kind === "number" ? "number" : "json");
    else if (patched && addsNull(patched[name], value)) problems.set(row.row, "newNull");
    values.set(name, value);
  }
  const metadata: Metadata = Object.fromEntries(values);
  return { metadata, problems };
}

/** Returns one line a value, nested ones as `size.eu`, the way filters name them. */
export function flattened(metadata: Metadata): [name: string, value: unknown][] {
  return Object.entries(metadata).flatMap(([name, value]): [string, unknown][] =>
    isObject(value) && Object.keys(value).length > 0
      ? flattened(value).map(([inner, innermost]) => [`${name}.${inner}`, innermost])
      : [[name, value]],
  );
}

function isUntouched({ name, kind, value }: MetadataRow, metadata: Metadata): boolean {
  if (!Object.hasOwn(metadata, name)) return false;
  const before = typed(metadata[name]);
  return kind === before.kind && value === before.value;
}

function typed(value: unknown): Pick<MetadataRow, "kind" | "value"> {
  switch (typeof value) {
    case "string":
      return { kind: "text", value };
    case "number":
      return { kind: "number", value: String(value) };
    case "boolean":
      return { kind: "truth", value: String(value) };
    default:
      return { kind: "json", value: JSON.stringify(value, null, 1) };
  }
}

/** Returns undefined for what is no value of its kind. */
function valueOf({ kind, value }: MetadataRow): unknown {
  switch (kind) {
    case "text":
      return value;
    case "truth":
      return value === "true";
    case "number": {
      const number = JSON_NUMBER.test(value.trim()) ? Number(value) : NaN;
      return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : undefined;
    }
    case "json":
      try {
        return JSON.parse(value) as unknown;
      } catch {
        return undefined;
      }
  }
}
