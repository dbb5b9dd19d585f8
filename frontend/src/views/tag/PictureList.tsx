import { CircleAlert, Clock, LoaderCircle } from "lucide-react";
import { useTranslation } from "react-i18next";
import { PictureDrop } from "@/components/PictureDrop";
import { Thumbnail } from "@/components/Thumbnail";
import { Button } from "@/components/ui/Button";
import { clsx } from "clsx";
import { judgeTags } from "./selection";
import type { TaggedPicture, TaggingState } from "./tagging";

interface Props {
  tagged: readonly TaggedPicture[];
  place: number;
  shift: number;
  onShow: (place: number) => void;
  onAdd: (files: File[]) => void;
  onClear: () => void;
}

/** All pictures with their states: a strip on phones, a column beside the picture elsewhere. */
export function PictureList({ tagged, place, shift, onShow, onAdd, onClear }: Props) {
  const { t } = useTranslation();
  return (
    <section
      aria-label={t("tag.list.label")}
      className="flex flex-col gap-3 lg:sticky lg:top-[4.75rem] lg:max-h-[calc(100dvh-6rem)]"
    >
      <PictureDrop
        multiple
        onPictures={onAdd}
        className="border-field flex flex-wrap items-center justify-center gap-2 rounded-xl border border-dashed p-2.5 lg:flex-col"
      >
        <span className="text-muted hidden pointer-fine:inline">{t("tag.list.add")}</span>
      </PictureDrop>
      <Counts tagged={tagged} onClear={onClear} />
      <ul className="flex gap-2 overflow-x-auto p-1 lg:min-h-0 lg:flex-col lg:gap-1 lg:overflow-x-hidden lg:overflow-y-auto">
        {tagged.map((one, index) => (
          <li key={one.picture.key} className="shrink-0">
            <button
              id={`picture-${one.picture.key}`}
              type="button"
              aria-current={index === place}
              onClick={() => onShow(index)}
              className={clsx(
                "relative flex w-20 flex-col items-center gap-1.5 rounded-lg border-2 p-1 text-left lg:w-full lg:flex-row lg:gap-2.5",
                index === place
                  ? "border-accent bg-accent-soft"
                  : "hover:bg-raised border-transparent",
              )}
            >
              {one.picture.file === null ? (
                <span className="bg-raised size-14 shrink-0 rounded-lg" />
              ) : (
                <Thumbnail picture={one.picture.file} side={56} />
              )}
              <span className="w-full min-w-0 lg:grow">
                <span className="sr-only lg:not-sr-only lg:block lg:truncate lg:font-medium">
                  {one.picture.name}
                </span>
                <State tagged={one} shift={shift} />
              </span>
            </button>
          </li>
        ))}
      </ul>
      <p className="text-muted hidden text-xs lg:block">{t("tag.list.keys")}</p>
    </section>
  );
}

function Counts({ tagged, onClear }: Pick<Props, "tagged" | "onClear">) {
  const { t } = useTranslation();
  const count = (state: TaggingState) => tagged.filter((one) => one.state === state).length;
  const failed = count("failed");
  return (
    <div className="flex items-center justify-between gap-2">
      <p role="status" className="tabular-nums">
        {t("tag.list.tagged", { done: count("done"), all: tagged.length })}
        {failed > 0 && (
          <span className="text-bad block">{t("tag.list.failed", { count: failed })}</span>
        )}
      </p>
      <Button variant="quiet" size="small" onClick={onClear}>
        {t("tag.list.clear")}
      </Button>
    </div>
  );
}

function State({ tagged, shift }: { tagged: TaggedPicture; shift: number }) {
  const { t } = useTranslation();
  const { state } = tagged;
  const Icon = STATE_ICONS[state];
  return (
    <span
      className={clsx(
        "flex items-center justify-center gap-1 text-xs lg:justify-start [&>svg]:size-3.5 [&>svg]:shrink-0",
        state === "failed" ? "text-bad" : "text-muted",
      )}
    >
      {Icon !== null && (
        <Icon className={clsx(state === "tagging" && "animate-spin")} aria-hidden />
      )}
      <span className="truncate">
        {state === "done"
          ? t("tag.state.done", { count: chosenCount(tagged, shift) })
          : t(`tag.state.${state}`)}
      </span>
    </span>
  );
}

const STATE_ICONS = {
  waiting: Clock,
  tagging: LoaderCircle,
  delayed: Clock,
  failed: CircleAlert,
  done: null,
};

function chosenCount({ picture, prediction }: TaggedPicture, shift: number): number {
  return Object.entries(prediction?.tags ?? {})
    .flatMap(([attribute, tags]) => judgeTags(attribute, tags, shift, picture.verdicts))
    .filter((tag) => tag.chosen).length;
}
