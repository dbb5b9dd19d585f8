import { clsx } from "clsx";
import { Camera, ImagePlus } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./ui/Button";

interface Props {
  multiple?: boolean;
  onPictures: (pictures: File[]) => void;
  className?: string;
  /** What is shown in the zone, beside its buttons. */
  children?: ReactNode;
}

/** Takes pictures that are picked, photographed, or dropped or pasted anywhere on the page. */
export function PictureDrop({ multiple = false, onPictures, className, children }: Props) {
  const { t } = useTranslation();
  const over = useDroppedFiles(onPictures);
  usePastedPictures(onPictures);
  return (
    <div
      className={clsx(
        className,
        over && "outline-accent outline-2 outline-offset-4 outline-dashed",
      )}
    >
      {children}
      <FileButton multiple={multiple} onFiles={onPictures}>
        <ImagePlus aria-hidden />
        {t(multiple ? "common.picture.pickMany" : "common.picture.pick")}
      </FileButton>
      {/* Only devices used by touch are likely to have a camera at hand. */}
      <FileButton capture onFiles={onPictures} className="pointer-fine:hidden">
        <Camera aria-hidden />
        {t("common.picture.photograph")}
      </FileButton>
    </div>
  );
}

interface FileButtonProps {
  multiple?: boolean;
  /** Whether the camera is opened. */
  capture?: boolean;
  onFiles: (files: File[]) => void;
  className?: string;
  children: ReactNode;
}

function FileButton({ multiple = false, capture = false, onFiles, ...rest }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button {...rest} onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        accept="image/*"
        multiple={multiple}
        {...(capture && { capture: "environment" as const })}
        hidden
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = ""; // so that the same file can be picked again
          if (files.length > 0) onFiles(files);
        }}
      />
    </>
  );
}

/** Takes any dropped file: what is no picture gets a message rather than being lost in silence. */
function useDroppedFiles(onFiles: (files: File[]) => void): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const drag = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault(); // else the browser would leave the page for the picture
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false); // of the window
    };
    const drop = (event: DragEvent) => {
      const files = [...(event.dataTransfer?.files ?? [])];
      setOver(false);
      if (files.length === 0) return;
      event.preventDefault();
      onFiles(files);
    };
    document.addEventListener("dragover", drag);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", drag);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, [onFiles]);
  return over;
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
