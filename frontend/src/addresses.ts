/** Addresses of views, for links. */
import { reducedPicture } from "./query/picture";
import { formatQuery, parseQuery } from "./query/query";

export function itemAddress(id: string): string {
  return `/item?${new URLSearchParams({ id }).toString()}`;
}

/** Returns the search for items like this one. */
export function likeAddress(id: string): string {
  return `/?${new URLSearchParams({ like: id }).toString()}`;
}

/** Returns the tagging of an item's picture. */
export function tagAddress(id: string): string {
  return `/tag?${new URLSearchParams({ id }).toString()}`;
}

/** Returns the search for items like a picture. */
export async function pictureAddress(picture: Blob) {
  const query = { ...parseQuery("", ""), picture: await reducedPicture(picture) };
  return { pathname: "/", ...formatQuery(query) };
}
