/** Addresses of views, for links. */

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
