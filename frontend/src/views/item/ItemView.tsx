import { useQuery } from "@tanstack/react-query";
import { CircleHelp, PackageX, SearchX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { ApiError } from "@/api/client";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { Page } from "@/components/Page";
import { Button } from "@/components/ui/Button";
import { askAgain } from "@/queryClient";
import { ItemPage } from "./ItemPage";
import { itemQuery } from "./queries";

export function ItemView() {
  const { t } = useTranslation();
  const [parameters] = useSearchParams();
  const id = parameters.get("id") ?? "";
  if (id !== "") return <OneItem key={id} id={id} />;
  return (
    <Page title={t("item.title")} hideTitle>
      <Notice icon={CircleHelp} title={t("item.none.title")} action={<ToSearch />}>
        {t("item.none.advice")}
      </Notice>
    </Page>
  );
}

function OneItem({ id }: { id: string }) {
  const { t } = useTranslation();
  const [removed, setRemoved] = useState<string | null>(null);
  const { data, error, failureReason } = useQuery({
    ...itemQuery(id),
    enabled: removed === null,
  });
  const problem = error ?? failureReason;
  if (removed !== null) {
    return (
      <Page title={t("item.title")} hideTitle>
        <div role="status">
          <Notice
            icon={PackageX}
            title={t("item.removed.title", { name: removed })}
            action={<ToSearch />}
          >
            {t("item.removed.advice")}
          </Notice>
        </div>
      </Page>
    );
  }
  if (error instanceof ApiError && error.status === 404) return <Unknown id={id} />;
  if (data) return <ItemPage item={data} onRemoved={setRemoved} />;
  return (
    <Page title={t("item.title")} hideTitle>
      {problem ? <ErrorNotice error={problem} onRetry={() => askAgain("item")} /> : <Loading />}
    </Page>
  );
}

function Unknown({ id }: { id: string }) {
  const { t } = useTranslation();
  return (
    <Page title={t("item.title")} hideTitle>
      <Notice
        icon={SearchX}
        title={t("item.unknown.title", { id })}
        action={
          <div className="flex gap-2">
            <ToSearch />
            <Button asChild>
              <Link to="/add">{t("item.unknown.add")}</Link>
            </Button>
          </div>
        }
      >
        {t("item.unknown.advice")}
      </Notice>
    </Page>
  );
}

function ToSearch() {
  const { t } = useTranslation();
  return (
    <Button asChild variant="primary">
      <Link to="/">{t("item.none.action")}</Link>
    </Button>
  );
}

/** Takes the room of an item, so that nothing shifts when it comes. */
function Loading() {
  const { t } = useTranslation();
  return (
    <div role="status" className="grid gap-6 md:grid-cols-2 lg:gap-10">
      <span className="sr-only">{t("common.loading")}</span>
      <div className="bg-raised h-[60dvh] animate-pulse rounded-2xl" />
      <div className="hidden flex-col gap-4 md:flex">
        {["w-2/3", "w-1/3", "w-full", "w-5/6", "w-3/4"].map((width) => (
          <div key={width} className={`bg-raised h-6 animate-pulse rounded-lg ${width}`} />
        ))}
      </div>
    </div>
  );
}
