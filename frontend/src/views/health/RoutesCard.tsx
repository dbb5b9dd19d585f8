import { useTranslation } from "react-i18next";
import { Card } from "./Card";
import type { Figures, RouteFigures } from "./figures";
import { count, rate } from "./format";

/** What the server calls the route of an address that it does not have. */
const NO_ROUTE = "none";

/** Requests and errors by route. */
export function RoutesCard({ figures }: { figures: Figures }) {
  const { t } = useTranslation();
  const { recent, recentS, sinceStart } = figures;
  return (
    <Card title={t("health.routes.title")} className="md:col-span-2 min-[112rem]:col-span-4">
      <table className="w-full text-left tabular-nums">
        <thead className="text-muted text-xs">
          <tr>
            <th scope="col" rowSpan={2} className="pb-1 align-bottom font-normal">
              {t("health.routes.route")}
            </th>
            <th
              scope="colgroup"
              colSpan={2}
              className="pl-2 sm:pl-3 text-right font-normal sm:whitespace-nowrap"
            >
              {t("health.live.recent")}
            </th>
            <th
              scope="colgroup"
              colSpan={2}
              className="pl-2 sm:pl-3 text-right font-normal sm:whitespace-nowrap"
            >
              {t("health.live.start")}
            </th>
          </tr>
          <tr>
            {(["rate", "errors", "requests", "errors"] as const).map((column, place) => (
              <th key={place} scope="col" className="pb-1 pl-2 sm:pl-3 text-right font-normal">
                {t(`health.routes.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sinceStart.routes.map((whole) => {
            const { method, route } = whole;
            const now = recent.routes.find((r) => r.method === method && r.route === route);
            return (
              <tr key={`${method} ${route}`} className="border-line border-t align-baseline">
                <th scope="row" className="py-1.5 font-normal wrap-anywhere">
                  <span className="text-muted mr-2 text-xs max-sm:block">{method}</span>
                  {route === NO_ROUTE ? t("health.routes.none") : <Breakable address={route} />}
                </th>
                <td className="py-1.5 pl-2 sm:pl-3 text-right font-medium whitespace-nowrap">
                  {rate((now?.requests ?? 0) / recentS)}
                </td>
                <Errors route={now} />
                <td className="text-muted py-1.5 pl-2 sm:pl-3 text-right">
                  {count(whole.requests)}
                </td>
                <Errors route={whole} />
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className="text-muted text-xs">{t("health.routes.about")}</p>
    </Card>
  );
}

/** Breaks a long address before its slashes. */
function Breakable({ address }: { address: string }) {
  return address.split(/(?=\/)/).map((part, place) => [place > 0 && <wbr key={place} />, part]);
}

function Errors({ route }: { route: RouteFigures | undefined }) {
  const { t } = useTranslation();
  const { refused, failed } = route ?? { refused: 0, failed: 0 };
  return (
    <td className="text-muted py-1.5 pl-2 sm:pl-3 text-right">
      {count(refused + failed)}
      {failed > 0 && (
        <span className="text-bad block text-xs whitespace-nowrap">
          {t("health.routes.failed", { value: count(failed) })}
        </span>
      )}
    </td>
  );
}
