/** Addresses of views, for links. */

export function itemAddress(id: string): string {
  return `/item?${new URLSearchParams({ id }).toString()}`;
}
