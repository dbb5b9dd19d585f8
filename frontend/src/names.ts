/** Names as people read them. */

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
