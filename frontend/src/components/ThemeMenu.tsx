import { SunMoon } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { applyTheme, storedTheme, THEMES, type Theme } from "@/theme";
import { Button } from "./ui/Button";
import { Popover } from "./ui/Popover";

export function ThemeMenu() {
  const { t } = useTranslation();
  const [theme, setTheme] = useState(storedTheme);
  const choose = (chosen: Theme) => {
    applyTheme(chosen);
    setTheme(chosen);
  };
  return (
    <Popover
      label={t("common.theme.label")}
      align="end"
      trigger={
        <Button variant="quiet" size="icon" aria-label={t("common.theme.label")}>
          <SunMoon />
        </Button>
      }
    >
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-2 font-medium">{t("common.theme.label")}</legend>
        {THEMES.map((value) => (
          <label key={value} className="flex cursor-pointer items-center gap-2">
            <input
              type="radio"
              name="theme"
              className="accent-accent size-4"
              checked={theme === value}
              onChange={() => choose(value)}
            />
            {t(`common.theme.${value}`)}
          </label>
        ))}
      </fieldset>
    </Popover>
  );
}
