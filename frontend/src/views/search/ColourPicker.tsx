import { Pipette } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { HexColorInput, HexColorPicker } from "react-colorful";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { Popover } from "@/components/ui/Popover";

const USUAL = [
  "#151515", "#808080", "#f5f5f5", "#d8c3a5", "#7b4b2a", "#b01e28", "#e4572e", "#f2b134",
  "#3b7a4a", "#2f8f9d", "#1f3a70", "#3f6fd1", "#7a4aa8", "#e58fb1",
]; // prettier-ignore
const PAUSE_MS = 120;

interface Props {
  colour: string | null;
  onChange: (colour: string, replace: boolean) => void;
}

export function ColourPicker({ colour, onChange }: Props) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(colour ?? "#3f6fd1");
  const pause = useRef<number>(undefined);
  useEffect(() => () => clearTimeout(pause.current), []);
  const pick = (picked: string) => {
    setShown(picked);
    clearTimeout(pause.current);
    pause.current = window.setTimeout(() => onChange(picked, colour !== null), PAUSE_MS);
  };
  return (
    <Popover
      label={t("search.colour.button")}
      trigger={
        <Button>
          {colour === null ? <Pipette aria-hidden /> : <Swatch colour={colour} />}
          {t("search.colour.button")}
        </Button>
      }
      className="flex w-60 flex-col gap-3"
    >
      <p className="text-muted">{t("search.colour.about")}</p>
      <HexColorPicker color={shown} onChange={pick} style={{ width: "100%", height: "9rem" }} />
      <div className="grid grid-cols-7 gap-1.5">
        {USUAL.map((usual) => (
          <button
            key={usual}
            type="button"
            aria-label={usual}
            onClick={() => pick(usual)}
            style={{ backgroundColor: usual }}
            className="border-field aspect-square rounded-md border"
          />
        ))}
      </div>
      <HexColorInput
        color={shown}
        onChange={pick}
        prefixed
        aria-label={t("search.colour.code")}
        className="border-field bg-surface h-9 rounded-lg border px-3 font-mono"
      />
    </Popover>
  );
}

export function Swatch({ colour }: { colour: string }) {
  return (
    <span
      aria-hidden
      style={{ backgroundColor: colour }}
      className="border-field size-4 shrink-0 rounded-full border"
    />
  );
}
