import { useTranslation } from "react-i18next";
import { PictureDrop } from "@/components/PictureDrop";
import { Thumbnail } from "@/components/Thumbnail";
import { Button } from "@/components/ui/Button";

interface Props {
  picture: File | null;
  onPicture: (picture: File | null) => void;
}

/** Chooses another picture for the item. */
export function ReplacePicture({ picture, onPicture }: Props) {
  const { t } = useTranslation();
  return (
    <PictureDrop
      onPictures={([dropped]) => dropped && onPicture(dropped)}
      className="border-field flex flex-wrap items-center gap-3 rounded-xl border border-dashed p-3"
    >
      {picture === null ? (
        <span className="text-muted">{t("item.edit.pictureAbout")}</span>
      ) : (
        <>
          <Thumbnail picture={picture} side={80} />
          <span className="min-w-0 wrap-anywhere">
            {t("item.edit.newPicture", { name: picture.name })}
          </span>
          <Button variant="quiet" onClick={() => onPicture(null)}>
            {t("item.edit.keepPicture")}
          </Button>
        </>
      )}
    </PictureDrop>
  );
}
