import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { mayPass } from "@/api/client";
import { errorMessage } from "@/components/errorMessage";
import { ErrorNotice } from "@/components/ErrorNotice";
import { UnsentVerdicts } from "@/components/UnsentVerdicts";
import type { TagAddress } from "./address";
import { AttributeTags } from "./AttributeTags";
import { type TaggedPicture, tagsKey } from "./tagging";
import { useVerdicts } from "./verdicts";

interface Props {
  current: TaggedPicture;
  shift: number;
  address: TagAddress;
}

const SKELETON_CARDS = 8;

/** The tags of a picture by attribute, or what there is instead. */
export function TagPanel({ current, shift, address }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { picture, prediction, state } = current;
  const { judge, unsent, send } = useVerdicts(picture);
  return (
    <section aria-label={t("tag.tags.label")} className="@container flex flex-col gap-3">
      <UnsentVerdicts unsent={unsent} onSend={send} />
      {state === "failed" && current.error !== null ? (
        <div className="bg-surface border-line rounded-xl border">
          <ErrorNotice
            error={current.error}
            {...(mayPass(current.error) && {
              onRetry: () => void client.resetQueries({ queryKey: tagsKey(picture.key) }),
            })}
          />
        </div>
      ) : (
        <>
          <p className="text-muted flex min-h-5 items-center text-xs">
            {state === "done"
              ? t("tag.tags.legend")
              : state === "delayed" && current.error !== null
                ? errorMessage(current.error, t)
                : t(`tag.state.${state}`)}
          </p>
          <div className="grid gap-3 @xl:grid-cols-2 @5xl:grid-cols-3">
            {prediction === null
              ? Array.from({ length: SKELETON_CARDS }, (_, card) => <Skeleton key={card} />)
              : Object.entries(prediction.tags).map(([attribute, tags]) => (
                  <AttributeTags
                    key={attribute}
                    attribute={attribute}
                    tags={tags}
                    shift={shift}
                    verdicts={picture.verdicts}
                    address={address}
                    onJudge={(label, verdict) => judge({ attribute, label, tags }, verdict)}
                  />
                ))}
          </div>
        </>
      )}
    </section>
  );
}

function Skeleton() {
  return <div className="bg-raised h-44 animate-pulse rounded-xl" aria-hidden />;
}
