import { useMutation, useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, ImageOff, LoaderCircle, Search, Trash2, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { clsx } from "clsx";
import { useNavigate } from "react-router";
import { pictureAddress } from "@/addresses";
import { errorMessage } from "@/components/errorMessage";
import { Button } from "@/components/ui/Button";
import { readableField } from "@/names";
import type { TagAddress } from "./address";
import { Heatmap } from "./Heatmap";
import { UnreadablePictureError } from "@/query/picture";
import { reasonsQuery, type TaggedPicture } from "./tagging";

interface Props {
  current: TaggedPicture;
  place: number;
  all: number;
  address: TagAddress;
  onShow: (place: number) => void;
  onRemove: () => void;
}

/** The picture that is looked at, with what a tag looked at. */
export function Stage({ current, place, all, address, onShow, onRemove }: Props) {
  const { t } = useTranslation();
  const { picture, prediction } = current;
  const why = prediction === null ? null : address.why;
  const reasons = useQuery({ ...reasonsQuery(picture), enabled: why !== null });
  const heatmap = why === null ? undefined : heatmapOf(reasons.data?.tags, why);
  return (
    <section
      aria-label={t("tag.picture.shown", { number: place + 1, all, name: picture.name })}
      className={clsx(
        "flex flex-col gap-3 lg:sticky lg:top-[4.75rem]",
        // On phones what went wrong comes first.
        current.state === "failed" && "max-lg:order-last",
      )}
    >
      <div className="flex items-center gap-1">
        <p className="min-w-0 grow" role="status">
          <span className="block truncate font-semibold">{picture.name}</span>
          <span className="text-muted tabular-nums">
            {t("tag.picture.position", { number: place + 1, all })}
          </span>
        </p>
        <Button
          variant="quiet"
          size="icon"
          aria-label={t("tag.picture.previous")}
          disabled={place === 0}
          onClick={() => onShow(place - 1)}
        >
          <ChevronLeft />
        </Button>
        <Button
          variant="quiet"
          size="icon"
          aria-label={t("tag.picture.next")}
          disabled={place === all - 1}
          onClick={() => onShow(place + 1)}
        >
          <ChevronRight />
        </Button>
        {picture.file !== null && prediction !== null && (
          <SearchButton key={picture.key} picture={picture.file} />
        )}
        <Button variant="quiet" size="icon" aria-label={t("tag.picture.remove")} onClick={onRemove}>
          <Trash2 />
        </Button>
      </div>
      <div className="bg-raised border-line grid h-(--stage) place-items-center overflow-hidden rounded-xl border [--stage:min(50dvh,24rem)] lg:[--stage:min(62dvh,36rem)]">
        <Shown url={picture.url} name={picture.name} missing={current.state === "failed"}>
          {heatmap !== undefined && <Heatmap source={heatmap} />}
        </Shown>
      </div>
      <div role="status" className="min-h-9">
        {why !== null && (
          <div className="flex items-start gap-2">
            <p className="text-muted grow py-1.5">
              {reasons.error
                ? errorMessage(reasons.error, t)
                : t(
                    reasons.isPending
                      ? "tag.why.loading"
                      : heatmap === undefined
                        ? "tag.why.missing"
                        : "tag.why.shown",
                    { tag: readableTag(why) },
                  )}
            </p>
            {reasons.isPending && (
              <LoaderCircle className="text-accent mt-2 size-4 shrink-0 animate-spin" aria-hidden />
            )}
            {reasons.isError && (
              <Button size="small" onClick={() => void reasons.refetch()}>
                {t("common.retry")}
              </Button>
            )}
            <Button
              variant="quiet"
              size="tiny"
              aria-label={t("tag.why.hide")}
              onClick={() => address.change({ why: null })}
            >
              <X />
            </Button>
          </div>
        )}
      </div>
    </section>
  );
}

function SearchButton({ picture }: { picture: Blob }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { mutate, error } = useMutation({
    mutationFn: pictureAddress,
    networkMode: "always", // it asks no server
    throwOnError: (error) => !(error instanceof UnreadablePictureError),
  });
  const unreadable = error !== null; // by the browser, as a TIFF
  // It is not called once the picture was left: then it must lead nowhere.
  const search = () => mutate(picture, { onSuccess: (address) => void navigate(address) });
  return (
    <Button
      variant="quiet"
      size="icon"
      aria-label={t(unreadable ? "common.picture.unseen" : "tag.picture.search")}
      title={t(unreadable ? "common.picture.unseen" : "tag.picture.search")}
      disabled={unreadable}
      onClick={search}
    >
      <Search />
    </Button>
  );
}

const MOST_MAGNIFIED = 3;

/** A picture as large as the stage allows, with something laid over it, exactly as large. */
function Shown({
  url,
  name,
  missing,
  children,
}: {
  url: string | null;
  name: string;
  /** There will be none. */
  missing: boolean;
  children: React.ReactNode;
}) {
  const { t } = useTranslation();
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const [broken, setBroken] = useState(false);
  if (broken || (url === null && missing)) {
    return (
      <p className="text-muted flex flex-col items-center gap-2 text-center">
        <ImageOff className="size-8" aria-hidden />
        {t(broken ? "common.picture.unseen" : "common.picture.missing")}
      </p>
    );
  }
  if (url === null) return null;
  const width = size && {
    width: `min(100%, var(--stage) * ${size.width / size.height}, ${MOST_MAGNIFIED * size.width}px)`,
  };
  return (
    <span
      className={clsx("isolate", size === null ? "invisible absolute" : "relative")}
      style={width ?? {}}
    >
      <img
        src={url}
        alt={t("common.picture.of", { name })}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
          setSize({ width: naturalWidth, height: naturalHeight })
        }
        onError={() => setBroken(true)}
        className="block w-full bg-white"
      />
      {children}
    </span>
  );
}

function heatmapOf(
  tags: NonNullable<TaggedPicture["prediction"]>["tags"] | undefined,
  name: string,
): string | undefined {
  for (const [attribute, labels] of Object.entries(tags ?? {})) {
    for (const tag of labels) {
      if (`${attribute}=${tag.label}` === name && "heatmap" in tag) return tag.heatmap;
    }
  }
  return undefined;
}

function readableTag(name: string): string {
  const [attribute = "", ...label] = name.split("=");
  return `${readableField(attribute)}: ${label.join("=")}`;
}
