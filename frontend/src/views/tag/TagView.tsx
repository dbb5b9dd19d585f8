import { useQueryClient } from "@tanstack/react-query";
import { Tags } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Notice } from "@/components/Notice";
import { Page } from "@/components/Page";
import { PictureDrop } from "@/components/PictureDrop";
import { placeOf, useTagAddress } from "./address";
import { useMoveKeys } from "./keyboard";
import { PictureList } from "./PictureList";
import { addFiles, addItem, currentPictures, removePictures, usePictures } from "./pictures";
import { Stage } from "./Stage";
import { useTagging } from "./tagging";
import { TagPanel } from "./TagPanel";
import { Toolbar } from "./Toolbar";

/** Tags pictures: each with its tags, how sure they are, and why. */
export function TagView() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const pictures = usePictures();
  const address = useTagAddress();
  const place = placeOf(pictures, address.id, address.number);
  const tagged = useTagging(pictures, pictures[place]?.key ?? null);
  const current = tagged[place];
  const shift = address.points / 100;

  useEffect(() => {
    if (address.id !== null) addItem(address.id);
  }, [address.id]);

  const show = (to: number) => {
    const picture = currentPictures()[to];
    if (picture === undefined) return;
    address.showPicture(picture, to + 1);
    reveal(picture.key);
  };
  useMoveKeys((step) => show(place + step));

  const add = (files: File[]) => {
    const first = currentPictures().length;
    addFiles(files);
    show(first);
  };
  const remove = (keys: readonly string[]) => {
    const left = pictures.filter((picture) => !keys.includes(picture.key));
    const next = left[Math.min(place, left.length - 1)];
    if (next === undefined) address.change({ id: null, picture: null, why: null });
    else address.showPicture(next, left.indexOf(next) + 1);
    removePictures(keys);
    for (const key of keys) {
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[1] === key });
    }
  };

  if (pictures.length === 0 && address.id === null) return <Empty onPictures={add} />;
  return (
    <Page title={t("tag.title")} hideTitle>
      <Toolbar tagged={tagged} current={current} address={address} />
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[13rem_minmax(0,24rem)_minmax(0,1fr)] xl:grid-cols-[15rem_minmax(0,30rem)_minmax(0,1fr)]">
        <PictureList
          tagged={tagged}
          place={place}
          shift={shift}
          onShow={show}
          onAdd={add}
          onClear={() => remove(pictures.map((picture) => picture.key))}
        />
        {current && (
          <>
            <Stage
              key={current.picture.key}
              current={current}
              place={place}
              all={pictures.length}
              address={address}
              onShow={show}
              onRemove={() => remove([current.picture.key])}
            />
            <TagPanel current={current} shift={shift} address={address} />
          </>
        )}
      </div>
    </Page>
  );
}

function Empty({ onPictures }: { onPictures: (pictures: File[]) => void }) {
  const { t } = useTranslation();
  return (
    <Page title={t("tag.title")} about={t("tag.about")}>
      <PictureDrop
        multiple
        onPictures={onPictures}
        className="border-field bg-surface flex flex-wrap items-center justify-center gap-2 rounded-2xl border-2 border-dashed px-4 pb-14"
      >
        <div className="w-full [&>div]:pb-4">
          <Notice icon={Tags} title={t("tag.empty.title")}>
            <p>{t("tag.empty.about")}</p>
            <p className="mt-3 text-xs">{t("tag.empty.formats")}</p>
          </Notice>
        </div>
      </PictureDrop>
    </Page>
  );
}

/** Brings a picture's button in the list into sight; the focus follows if it was in the list. */
function reveal(key: string): void {
  requestAnimationFrame(() => {
    const button = document.getElementById(`picture-${key}`);
    const inList = button?.closest("ul")?.contains(document.activeElement) ?? false;
    if (inList) button?.focus({ preventScroll: true });
    button?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}
