/** What the address says about the Tag view; the pictures themselves cannot be in it. */
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { Picture } from "./pictures";

/** Points of percentage that thresholds can be moved by. */
export const MOST_POINTS = 50;

export type TagAddress = ReturnType<typeof useTagAddress>;

type Change = Record<string, string | readonly string[] | null>;

export function useTagAddress() {
  const [parameters, setParameters] = useSearchParams();
  const change = (changes: Change, { replace = true } = {}) => {
    setParameters((old) => changed(old, changes), { replace });
  };
  const kept = pointsOf(parameters.get("strictness"));
  const [points, setPoints] = useState(kept);
  const [known, setKnown] = useState(kept);
  if (known !== kept) {
    // The back button, or a link.
    setKnown(kept);
    setPoints(kept);
  }
  return {
    id: parameters.get("id"),
    number: Number(parameters.get("picture") ?? 1),
    /** Of the slider; in the address once it is let go, as browsers bound how often that changes. */
    points,
    setPoints,
    keepPoints: (to: number) => {
      setPoints(to);
      change({ strictness: to === 0 ? null : String(to) });
    },
    /** `attribute=label` whose heatmap is shown. */
    why: parameters.get("why"),
    /** Attributes with all their labels shown. */
    open: parameters.getAll("open"),
    change,
    showPicture: (picture: Picture, number: number) =>
      change(
        picture.itemId === null
          ? { id: null, picture: String(number), why: null }
          : { id: picture.itemId, picture: null, why: null },
        { replace: false },
      ),
  };
}

function changed(old: URLSearchParams, changes: Change): URLSearchParams {
  const next = new URLSearchParams(old);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    for (const one of typeof value === "string" ? [value] : (value ?? [])) next.append(name, one);
  }
  return next;
}

/** Reads a number of points as people may mistype it. */
function pointsOf(text: string | null): number {
  const points = Math.round(Number(text ?? 0));
  return Number.isNaN(points) ? 0 : Math.max(-MOST_POINTS, Math.min(MOST_POINTS, points));
}

/** Returns which picture is shown, -1 if there is none. */
export function placeOf(pictures: readonly Picture[], id: string | null, number: number): number {
  if (id !== null) return pictures.findIndex((picture) => picture.itemId === id);
  const last = pictures.length - 1;
  return Number.isInteger(number) ? Math.min(Math.max(number - 1, 0), last) : Math.min(0, last);
}
