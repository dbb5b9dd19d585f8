/** What is searched for: how the URL keeps it, and what `/search` is asked. */
import type { QueryPart, SearchRequest } from "@/api/types";
import { type Box, formatBox, parseBox } from "./box";

export type Scalar = string | number | boolean;

/** A field and a value that results have (or, excluded, have not). */
export interface Choice {
  field: string;
  value: Scalar;
}

export interface SearchQuery {
  text: string;
  /** `#rrggbb` */
  colour: string | null;
  /** A JPEG in base64. */
  picture: string | null;
  /** The part of the picture that counts. */
  crop: Box | null;
  /** Ids of items that results are like. */
  like: string[];
  unlike: string[];
  chosen: Choice[];
  /** Fields of these are attributes. */
  excluded: Choice[];
  /** A field, with `-` before it descending; null: best first. */
  sort: string | null;
  /** Whether near-duplicates are shown each, not folded into the best of them. */
  unfolded: boolean;
  /** Whether results are shown even where nothing is relevant. */
  irrelevant: boolean;
}

export const PAGE_SIZE = 24;
/** Characters of words that the server takes. */
export const MAX_TEXT = 500;
const METADATA = "metadata.";
/** Cosine from which on two pictures show the same thing for a shopper. */
export const NEAR_DUPLICATE = 0.98;
const UNLIKE_WEIGHT = -0.5;

export function parseQuery(search: string, hash: string): SearchQuery {
  const given = new URLSearchParams(search);
  const kept = new URLSearchParams(hash.replace(/^#/, ""));
  const colour = given.get("colour");
  const picture = kept.get("picture");
  return {
    text: (given.get("text") ?? "").slice(0, MAX_TEXT),
    colour: colour !== null && /^[0-9a-f]{6}$/i.test(colour) ? `#${colour}` : null,
    picture: picture === null ? null : standardBase64(picture),
    crop: picture === null ? null : parseBox(given.get("crop")),
    like: given.getAll("like"),
    unlike: given.getAll("unlike"),
    chosen: choicesOf(given, "is."),
    excluded: choicesOf(given, "not."),
    sort: given.get("sort"),
    unfolded: given.get("duplicates") === "shown",
    irrelevant: given.get("irrelevant") === "shown",
  };
}

/** Returns where a query is on the page; the picture goes into the hash, which no server sees. */
export function formatQuery(query: SearchQuery): { search: string; hash: string } {
  const search = new URLSearchParams();
  if (query.text !== "") search.set("text", query.text);
  if (query.colour !== null) search.set("colour", query.colour.slice(1));
  if (query.picture !== null && query.crop !== null) search.set("crop", formatBox(query.crop));
  for (const id of query.like) search.append("like", id);
  for (const id of query.unlike) search.append("unlike", id);
  for (const { field, value } of query.chosen) search.append(`is.${field}`, written(value));
  for (const { field, value } of query.excluded) search.append(`not.${field}`, written(value));
  if (query.sort !== null) search.set("sort", query.sort);
  if (query.unfolded) search.set("duplicates", "shown");
  if (query.irrelevant) search.set("irrelevant", "shown");
  const picture = query.picture === null ? null : urlBase64(query.picture);
  return {
    search: search.size === 0 ? "" : `?${search.toString()}`,
    hash: picture === null ? "" : `#picture=${picture}`,
  };
}

/** Whether anything ranks the results; else all items are listed. */
export function isRanked(query: SearchQuery): boolean {
  return partsOf(query).length > 0;
}

export function isEmpty(query: SearchQuery): boolean {
  return !isRanked(query) && query.chosen.length === 0 && query.excluded.length === 0;
}

export function requestOf(query: SearchQuery): SearchRequest {
  const parts = partsOf(query);
  const filters = filtersOf(query.chosen);
  return {
    ...(parts.length > 0 && { queries: parts }),
    ...(filters && { filters }),
    ...(query.excluded.length > 0 && { must_not: query.excluded.map(tagOf) }),
    ...(query.sort !== null && { sort: query.sort }),
    ...(!query.unfolded && { collapse: NEAR_DUPLICATE }),
    ...(query.irrelevant && { min_relevance: 0 }),
    top_k: PAGE_SIZE,
  };
}

/** Returns the filter of choices: of each field one of its values; null without any. */
export function filtersOf(chosen: readonly Choice[]) {
  const fields = [...new Set(chosen.map(({ field }) => field))];
  if (fields.length === 0) return null;
  return {
    all: fields.map((field) => ({
      any: chosen.filter((choice) => choice.field === field).map(conditionOf),
    })),
  };
}

export function tagOf({ field, value }: Choice): string {
  return `${field}=${String(value)}`;
}

export function sameChoice(one: Choice, other: Choice): boolean {
  return one.field === other.field && one.value === other.value;
}

function conditionOf(choice: Choice) {
  return choice.field.startsWith(METADATA)
    ? { metadata: choice.field.slice(METADATA.length), eq: choice.value }
    : { tag: tagOf(choice) };
}

function partsOf(query: SearchQuery): QueryPart[] {
  const { crop } = query;
  const text = query.text.trim();
  return [
    ...(text === "" ? [] : [{ text }]),
    ...(query.picture === null ? [] : [{ image: query.picture, crop: crop && [...crop] }]),
    ...(query.colour === null ? [] : [{ colour: query.colour }]),
    ...query.like.map((id) => ({ id })),
    ...query.unlike.map((id) => ({ id, weight: UNLIKE_WEIGHT })),
  ];
}

function choicesOf(given: URLSearchParams, prefix: string): Choice[] {
  return [...given]
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => ({ field: name.slice(prefix.length), value: read(value) }));
}

/** Returns base64 in the alphabet that URLs take as it is, without padding (RFC 4648, section 5). */
function urlBase64(text: string): string {
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function standardBase64(text: string): string {
  const letters = text.replaceAll("-", "+").replaceAll("_", "/");
  return letters.padEnd(4 * Math.ceil(letters.length / 4), "=");
}

/** Writes a value so that `read` tells the number 10 from the text "10". */
function written(value: Scalar): string {
  return typeof value === "string" && read(value) === value ? value : JSON.stringify(value);
}

function read(text: string): Scalar {
  try {
    const value: unknown = JSON.parse(text);
    if (["string", "number", "boolean"].includes(typeof value)) return value as Scalar;
  } catch {
    // It is plain text.
  }
  return text;
}
