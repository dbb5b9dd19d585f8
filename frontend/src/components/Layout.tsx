import { onlineManager } from "@tanstack/react-query";
import { Shirt, WifiOff } from "lucide-react";
import { useRef, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { NavLink, Outlet, useLocation } from "react-router";
import { DefectBoundary } from "./DefectBoundary";
import { KeyDialog } from "./KeyDialog";
import { ThemeMenu } from "./ThemeMenu";
import { useScrollMemory } from "./useScrollMemory";
import { clsx } from "clsx";

const VIEWS = [
  ["search", "/"],
  ["tag", "/tag"],
  ["add", "/add"],
  ["health", "/health"],
] as const;

export function Layout() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const content = useRef<HTMLElement>(null);
  useScrollMemory();
  return (
    <>
      <a
        href="#content"
        onClick={(event) => {
          event.preventDefault(); // the hash of Search is its picture
          content.current?.focus();
        }}
        className="bg-accent text-accent-ink sr-only z-50 rounded-lg px-4 py-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {t("common.skip")}
      </a>
      <header className="border-line bg-surface sticky top-0 z-20 border-b">
        <div className="mx-auto flex h-14 max-w-[110rem] items-center gap-1 px-2 sm:px-6">
          <span className="mr-3 hidden items-center gap-2 text-base font-semibold sm:flex">
            <Shirt className="text-accent size-5" aria-hidden />
            {t("common.name")}
          </span>
          <nav aria-label={t("common.navigation")} className="flex grow gap-0.5">
            {VIEWS.map(([view, address]) => (
              <NavLink
                key={view}
                to={address}
                end
                className={({ isActive }) =>
                  clsx(
                    "rounded-lg px-2 py-1.5 font-medium sm:px-3",
                    isActive ? "bg-accent-soft text-ink" : "text-muted hover:text-ink",
                  )
                }
              >
                {t(`common.views.${view}`)}
              </NavLink>
            ))}
          </nav>
          <KeyDialog />
          <ThemeMenu />
        </div>
      </header>
      <Offline />
      <main ref={content} id="content" tabIndex={-1} className="outline-none">
        <DefectBoundary key={pathname}>
          <Outlet />
        </DefectBoundary>
      </main>
    </>
  );
}

function Offline() {
  const { t } = useTranslation();
  const online = useSyncExternalStore(
    (changed) => onlineManager.subscribe(changed),
    () => onlineManager.isOnline(),
  );
  return (
    <div role="status">
      {!online && (
        <p className="bg-bad-soft text-bad flex items-center justify-center gap-2 px-4 py-2 font-medium">
          <WifiOff className="size-4 shrink-0" aria-hidden />
          {t("common.offline")}
        </p>
      )}
    </div>
  );
}
