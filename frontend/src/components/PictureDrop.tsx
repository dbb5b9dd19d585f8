import { clsx } from "clsx";
import { Camera, ImagePlus } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useDropzone } from "react-dropzone";
import { useTranslation } from "react-i18next";
import { Button } from "./ui/Button";

interface Props {
  multiple?: boolean;
  onPictures: (pictures: File[]) => void;
  className?: string;
  /** What is shown in the zone, beside its buttons. */
  children?: ReactNode;
}

/** Takes pictures that are dropped on it, picked, photographed, or pasted anywhere on the page. */
export function PictureDrop({ multiple = false, onPictures, className, children }: Props) {
  const { t } = useTranslation();
  const { getRootProps, getInputProps, isDragActive, open } = useDropzone({
    // Whatever it is: what is no picture gets a message rather than being dropped in silence.
    onDrop: (files) => files.length > 0 && onPictures(files),
    multiple,
    noClick: true,
    noKeyboard: true,
  });
  usePastedPictures(onPictures);
  const pick = t(multiple ? "common.picture.pickMany" : "common.picture.pick");
  return (
    <div
      {...getRootProps({ role: undefined, tabIndex: undefined })}
      className={clsx(className, isDragActive && "outline-accent outline-2 outline-dashed")}
    >
      <input {...getInputProps({ accept: "image/*", "aria-label": pick })} />
      {children}
      <Button onClick={open}>
        <ImagePlus aria-hidden />
        {pick}
      </Button>
      <CameraButton onPictures={onPictures} />
    </div>
  );
}

/** Opens the camera; only devices used by touch are likely to have one at hand. */
function CameraButton({ onPictures }: { onPictures: (pictures: File[]) => void }) {
  const { t } = useTranslation();
  return (
    <Button
      asChild
      className="focus-within:outline-accent focus-within:outline-2 pointer-fine:hidden"
    >
      <label>
        <Camera aria-hidden />
        {t("common.picture.photograph")}
        <input
          type="file"
          accept="image/*"
          capture="environment"
          className="sr-only"
          onChange={(event) => {
            onPictures([...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
      </label>
    </Button>
  );
}

function usePastedPictures(onPictures: (pictures: File[]) => void): void {
  useEffect(() => {
    const take = (event: ClipboardEvent) => {
      const pictures = [...(event.clipboardData?.files ?? [])].filter((file) =>
        file.type.startsWith("image/"),
      );
      if (pictures.length === 0) return;
      event.preventDefault();
      onPictures(pictures);
    };
    document.addEventListener("paste", take);
    return () => document.removeEventListener("paste", take);
  }, [onPictures]);
}
