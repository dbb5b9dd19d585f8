import { useTranslation } from "react-i18next";
import { ceiling, lines } from "./chart";

interface Series {
  name: string;
  values: readonly number[];
  /** The second of two lines is dashed: colour alone tells them apart for few. */
  dashed?: boolean;
}

interface Props {
  name: string;
  timesMs: readonly number[];
  series: readonly Series[];
  format: (value: number) => string;
  /** The top of the chart, where it is known. */
  top?: number;
}

/** Lines over the last two minutes; its text says the last value and the highest. */
export function LineChart({ name, timesMs, series, format, top }: Props) {
  const { t } = useTranslation();
  const all = series.flatMap(({ values }) => values).filter(Number.isFinite);
  const highest = top ?? ceiling(Math.max(0, ...all));
  const label = series
    .map((line) =>
      t("health.live.chart", {
        name: series.length > 1 ? `${name}, ${line.name}` : name,
        now: format(line.values.at(-1) ?? NaN),
        highest: format(Math.max(...line.values.filter(Number.isFinite))),
      }),
    )
    .join(". ");
  return (
    <figure className="text-muted mt-auto text-xs tabular-nums">
      <div className="mb-1 flex justify-between gap-3" aria-hidden>
        <span>{all.length > 0 ? format(highest) : ""}</span>
        <span className="flex gap-3">
          {series.length > 1 &&
            series.map((line) => (
              <span key={line.name} className="flex items-center gap-1.5">
                <svg className="w-5" viewBox="0 0 20 2" fill="none">
                  <path d="M0 1H20" className={styleOf(line)} strokeWidth={2} />
                </svg>
                {line.name}
              </span>
            ))}
        </span>
      </div>
      <svg
        role="img"
        aria-label={label}
        viewBox="0 0 100 100"
        preserveAspectRatio="none"
        className="border-line block h-16 w-full overflow-visible border-y"
        fill="none"
      >
        {series.map((line) =>
          lines(timesMs, line.values, highest).map((points, part) => (
            <polyline
              key={`${line.name} ${part}`}
              points={points}
              className={styleOf(line)}
              strokeWidth={2}
              strokeLinejoin="round"
              strokeLinecap="round"
              vectorEffect="non-scaling-stroke"
            />
          )),
        )}
      </svg>
      <div className="mt-1 flex justify-between" aria-hidden>
        <span>{t("health.live.ago")}</span>
        <span>{t("health.live.now")}</span>
      </div>
    </figure>
  );
}

function styleOf(line: Series): string {
  return line.dashed === true ? "stroke-warn [stroke-dasharray:4_4]" : "stroke-accent";
}
