/** Left, top, right and bottom of a part of a picture, from 0 to 1. */
export type Box = readonly [number, number, number, number];

export function parseBox(text: string | null): Box | null {
  const numbers = text?.split(",").map(Number) ?? [];
  const [left, top, right, bottom] = numbers;
  if (left === undefined || top === undefined || right === undefined || bottom === undefined) {
    return null;
  }
  const fits = numbers.length === 4 && numbers.every((number) => number >= 0 && number <= 1);
  return fits && left < right && top < bottom ? [left, top, right, bottom] : null;
}

export function formatBox(box: Box): string {
  return box.map((side) => Number(side.toFixed(3))).join(",");
}
