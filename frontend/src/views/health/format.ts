/** Figures with their units; a dash where there is none. */

const NONE = "–";

/** Latencies are counted in buckets up to here, in seconds: of longer ones no more is known. */
const LONGEST_S = 10;

function number(value: number, decimals: number): string {
  return new Intl.NumberFormat("en", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(value);
}

export function count(value: number): string {
  return Number.isFinite(value) ? number(value, 0) : NONE;
}

export function decimal(value: number): string {
  return Number.isFinite(value) ? number(value, 1) : NONE;
}

/** Returns 3.25 as "3.3 /s", 0.25 as "0.25 /s". */
export function rate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return NONE;
  const decimals = perSecond >= 100 ? 0 : perSecond >= 1 || perSecond === 0 ? 1 : 2;
  return `${number(perSecond, decimals)} /s`;
}

/** Returns 0.0123 as "12 ms", 1.5 as "1.50 s". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return NONE;
  if (seconds >= 1) return `${number(seconds, 2)} s`;
  const ms = 1000 * seconds;
  return `${number(ms, ms >= 10 || ms === 0 ? 0 : ms >= 0.1 ? 1 : 2)} ms`;
}

/** Returns a quantile's duration: "≥ 10 s" where the histogram knows no more. */
export function latency(seconds: number): string {
  return seconds >= LONGEST_S ? `≥ ${LONGEST_S} s` : duration(seconds);
}

/** Returns 0.874 as "87 %", and "100 %" only for all. */
export function share(value: number): string {
  if (!Number.isFinite(value)) return NONE;
  const percentage = 100 * value;
  return `${Math.round(percentage) === 100 ? Math.floor(percentage) : Math.round(percentage)} %`;
}

export function size(bytes: number): string {
  if (!Number.isFinite(bytes)) return NONE;
  const units = ["KiB", "MiB", "GiB"];
  const power = Math.min(units.length, Math.max(1, Math.floor(Math.log2(bytes) / 10)));
  const value = bytes / 1024 ** power;
  return `${number(value, value >= 100 ? 0 : 1)} ${units[power - 1] ?? ""}`;
}

export function clockTime(moment: number | string): string {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" }).format(new Date(moment));
}
