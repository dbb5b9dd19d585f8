import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { clsx } from "clsx";

interface Props {
  title: string;
  /** The heading is there for screen readers alone. */
  hideTitle?: boolean;
  about?: ReactNode;
  children: ReactNode;
}

/** The frame of a view: its heading, and the title of the tab. */
export function Page({ title, hideTitle = false, about, children }: Props) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${title} · ${t("common.name")}`;
  }, [title, t]);
  return (
    <div className="mx-auto flex w-full max-w-[110rem] flex-col gap-5 px-4 py-5 sm:px-6">
      <div className={clsx(hideTitle && "sr-only")}>
        <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
        {about !== undefined && <p className="text-muted mt-1 max-w-prose">{about}</p>}
      </div>
      {children}
    </div>
  );
}
