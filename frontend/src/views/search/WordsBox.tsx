import { Search, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { NavigationType, useNavigationType } from "react-router";
import { Button } from "@/components/ui/Button";
import { MAX_TEXT } from "@/query/query";

/** Long enough that most letters of a word are typed within, too short to be waited for. */
const PAUSE_MS = 70;

interface Props {
  text: string;
  /** A first change since the box was entered is a step of the history, further ones replace it. */
  onChange: (text: string, replace: boolean) => void;
}

/** The box for words; what is typed is searched for after a short pause, and at once on Enter. */
export function WordsBox({ text, onChange }: Props) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const pause = useRef<number>(undefined);
  const changed = useRef(false);
  const moved = useNavigationType() === NavigationType.Pop;

  useEffect(() => {
    const box = input.current;
    // While it is typed in, the box is ahead of the URL, unless somebody goes back or forward.
    if (box && (moved || document.activeElement !== box)) box.value = text;
    if (!moved) return;
    clearTimeout(pause.current); // what was typed went with the step
    changed.current = false;
  }, [text, moved]);
  useEffect(() => focusOnSlash(input), []);
  useEffect(() => () => clearTimeout(pause.current), []);

  const commit = (value: string) => {
    clearTimeout(pause.current);
    if (value === text) return;
    onChange(value, changed.current);
    changed.current = true;
  };
  const clear = () => {
    if (!input.current) return;
    input.current.value = "";
    input.current.focus();
    commit("");
  };
  return (
    <search className="relative w-full min-w-0 grow sm:w-auto">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          commit(input.current?.value ?? "");
          changed.current = false;
        }}
      >
        <Search
          className="text-muted pointer-events-none absolute top-3.5 left-3.5 size-5"
          aria-hidden
        />
        <input
          ref={input}
          type="search"
          aria-label={t("search.box")}
          aria-keyshortcuts="/"
          placeholder={t("search.placeholder")}
          defaultValue={text}
          maxLength={MAX_TEXT}
          autoComplete="off"
          spellCheck={false}
          enterKeyHint="search"
          onFocus={() => (changed.current = false)}
          onChange={(event) => {
            const { value } = event.target;
            clearTimeout(pause.current);
            pause.current = window.setTimeout(() => commit(value), PAUSE_MS);
          }}
          className="border-field bg-surface placeholder:text-muted h-12 w-full rounded-xl border pr-11 pl-11 text-base [&::-webkit-search-cancel-button]:hidden"
        />
        {text !== "" && (
          <Button
            variant="quiet"
            size="tiny"
            aria-label={t("search.clearText")}
            onClick={clear}
            className="absolute top-2.5 right-2.5"
          >
            <X />
          </Button>
        )}
      </form>
    </search>
  );
}

function focusOnSlash(input: React.RefObject<HTMLInputElement | null>) {
  const focus = (event: KeyboardEvent) => {
    const { target } = event;
    const typing =
      target instanceof HTMLElement && target.closest("input, textarea, select, [role=dialog]");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing) return;
    event.preventDefault();
    input.current?.select();
  };
  document.addEventListener("keydown", focus);
  return () => document.removeEventListener("keydown", focus);
}
