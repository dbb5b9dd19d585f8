import { useQuery } from "@tanstack/react-query";
import { CloudOff } from "lucide-react";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { Notice } from "./Notice";
import { Button } from "./ui/Button";

interface Props {
  name: string;
  load: () => Promise<ComponentType>;
}

/** A view that is loaded when it is opened; as a query, it waits for the server to be there. */
export function LoadedView({ name, load }: Props) {
  const { t } = useTranslation();
  const { data: View, failureReason } = useQuery({
    queryKey: ["view", name],
    queryFn: load,
    staleTime: "static",
    gcTime: Infinity,
  });
  if (View) return <View />;
  if (failureReason === null) {
    return (
      <p role="status" className="text-muted min-h-dvh animate-pulse px-6 py-5">
        {t("common.loading")}
      </p>
    );
  }
  return (
    <div role="alert">
      <Notice
        icon={CloudOff}
        title={t("common.error.unloaded")}
        action={<Button onClick={() => window.location.reload()}>{t("common.reload")}</Button>}
      >
        {t("common.error.unloadedAdvice")}
      </Notice>
    </div>
  );
}
