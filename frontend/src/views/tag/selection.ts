/** Which labels of an attribute are chosen: by probability, strictness and verdicts. */
import type { Verdict } from "@/api/feedback";
import type { Prediction } from "@/api/types";

export type TagList = Prediction["tags"][string];
/** By `attribute=label`. */
export type Verdicts = ReadonlyMap<string, Verdict>;

/** What became of a label by moving the thresholds. */
export type Change = "gained" | "lost" | null;

export interface JudgedTag {
  /** `attribute=label` */
  name: string;
  label: string;
  probability: number;
  /** After the shift, from 0 to 1. */
  threshold: number;
  change: Change;
  verdict: Verdict | null;
  /** It is one of the picture's tags, all things considered. */
  chosen: boolean;
  /** At the thresholds as learnt, so the server can explain it. */
  explainable: boolean;
}

// Sums of 32-bit probabilities are off by less.
const ROUNDING = 1e-4;

/** The API does not say which attributes have one answer; probabilities of one answer add up to 1. */
export function hasOneAnswer(tags: TagList): boolean {
  const sum = tags.reduce((total, tag) => total + tag.probability, 0);
  return Math.abs(sum - 1) < ROUNDING && tags.filter((tag) => tag.selected).length <= 1;
}

/** Returns which labels are selected with all thresholds moved by `shift`; at 0 as the server did. */
export function selectLabels(tags: TagList, shift: number): Set<string> {
  const candidates = hasOneAnswer(tags) ? tags.slice(0, 1) : tags;
  const reaching = (by: number) =>
    candidates.filter((tag) => tag.probability >= moved(tag.threshold, by));
  // The server left out what reaches its threshold: it does not ask this of such a thing.
  if (reaching(0).some((tag) => !tag.selected)) return new Set();
  return new Set(reaching(shift).map((tag) => tag.label));
}

function moved(threshold: number, shift: number): number {
  return shift === 0 ? threshold : Math.min(1, Math.max(0, threshold + shift));
}

/** Returns the labels of an attribute, the most probable first, with all that decides on them. */
export function judgeTags(
  attribute: string,
  tags: TagList,
  shift: number,
  verdicts: Verdicts,
): JudgedTag[] {
  const selected = selectLabels(tags, shift);
  const verdictOf = (label: string) => verdicts.get(`${attribute}=${label}`) ?? null;
  const settled = hasOneAnswer(tags) && tags.some((tag) => verdictOf(tag.label) === "accept");
  return tags.map((tag) => {
    const verdict = verdictOf(tag.label);
    const predicted = selected.has(tag.label);
    return {
      name: `${attribute}=${tag.label}`,
      label: tag.label,
      probability: tag.probability,
      threshold: moved(tag.threshold, shift),
      change: predicted === tag.selected ? null : predicted ? "gained" : "lost",
      verdict,
      chosen: verdict === null ? predicted && !settled : verdict === "accept",
      explainable: tag.selected,
    };
  });
}

/** Returns verdicts with one more; of an attribute with one answer only one label is accepted. */
export function withVerdict(
  verdicts: Verdicts,
  { attribute, label, tags }: { attribute: string; label: string; tags: TagList },
  verdict: Verdict | null,
): Verdicts {
  const next = new Map(verdicts);
  if (verdict === "accept" && hasOneAnswer(tags)) {
    for (const tag of tags) {
      const name = `${attribute}=${tag.label}`;
      if (next.get(name) === "accept") next.delete(name);
    }
  }
  const name = `${attribute}=${label}`;
  if (verdict === null) next.delete(name);
  else next.set(name, verdict);
  return next;
}

/** Counts the labels of pictures that moving the thresholds adds and takes away. */
export function countChanges(predictions: readonly Prediction[], shift: number) {
  const changes = predictions
    .flatMap((prediction) => Object.entries(prediction.tags))
    .flatMap(([attribute, tags]) => judgeTags(attribute, tags, shift, new Map()));
  return {
    gained: changes.filter((tag) => tag.change === "gained").length,
    lost: changes.filter((tag) => tag.change === "lost").length,
  };
}
