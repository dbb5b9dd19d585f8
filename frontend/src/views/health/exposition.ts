/** Reads Prometheus' text format, which `/metrics` answers with. */

export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
  /** It only grows, until the server starts anew: of a counter or a histogram. */
  accumulates: boolean;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const LABEL = /([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"/g;
const TYPE = /^#\s*TYPE\s+(\S+)\s+(\S+)$/;
const SPECIAL: Readonly<Record<string, number>> = { "+Inf": Infinity, "-Inf": -Infinity };

/** Returns the samples; lines that are none are passed over. */
export function parseExposition(text: string): Sample[] {
  const samples: Sample[] = [];
  const accumulating = new Set<string>();
  for (const line of text.split("\n").map((raw) => raw.trim())) {
    const [, family, type] = TYPE.exec(line) ?? [];
    if (family !== undefined && (type === "counter" || type === "histogram")) {
      accumulating.add(family);
    }
    const [, name, labels, value] = SAMPLE.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    samples.push({
      name,
      labels: parseLabels(labels ?? ""),
      value: parseNumber(value),
      accumulates: accumulating.has(name) || accumulating.has(familyOf(name)),
    });
  }
  return samples;
}

/** Returns the bound that a bucket's label `le` writes, or a sample's value. */
export function parseNumber(text: string): number {
  return SPECIAL[text] ?? Number(text);
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(LABEL)) {
    if (name === undefined || value === undefined) continue;
    labels[name] = value.replaceAll(/\\(.)/g, (_, escaped: string) =>
      escaped === "n" ? "\n" : escaped,
    );
  }
  return labels;
}

function familyOf(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, "");
}
