import { useTranslation } from "react-i18next";

export interface Row {
  name: string;
  recent: string;
  sinceStart: string;
  /** Length of its bar, of 1. */
  share?: number;
}

/** A table of figures of the last minutes and since the start. */
export function Rows({ heading, rows }: { heading: string; rows: readonly Row[] }) {
  const { t } = useTranslation();
  return (
    <table className="w-full text-left tabular-nums">
      <thead className="text-muted text-xs">
        <tr>
          <th scope="col" className="pb-1 font-normal">
            {heading}
          </th>
          <th scope="col" className="pb-1 pl-3 text-right font-normal whitespace-nowrap">
            {t("health.live.recent")}
          </th>
          <th scope="col" className="pb-1 pl-3 text-right font-normal whitespace-nowrap">
            {t("health.live.start")}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, recent, sinceStart, share }) => (
          <tr key={name} className="border-line border-t">
            <th scope="row" className="w-full py-1.5 font-normal">
              {name}
              {share !== undefined && <Bar share={share} />}
            </th>
            <td className="py-1.5 pl-3 text-right font-medium whitespace-nowrap">{recent}</td>
            <td className="text-muted py-1.5 pl-3 text-right whitespace-nowrap">{sinceStart}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Bar({ share }: { share: number }) {
  return (
    <div className="bg-raised mt-1 h-1 rounded-full" aria-hidden>
      <div
        className="bg-accent h-1 rounded-full transition-[width] duration-500"
        style={{ width: `${100 * (Number.isFinite(share) ? share : 0)}%` }}
      />
    </div>
  );
}
