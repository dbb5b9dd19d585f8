/** Ids and captions proposed from file names; the rules of ids are those of the service. */

const MAX_ID = 200;
export const MAX_CAPTION = 2000;

/** `twice`: another picture to add has the id too. */
export type IdProblem =
  "empty" | "long" | "spaces" | "unprintable" | "segments" | "image" | "twice";

/** Returns what is wrong with an id by itself, if anything. */
export function idProblem(id: string): IdProblem | null {
  if (id.trim() === "") return "empty";
  if (characters(id).length > MAX_ID) return "long";
  if (id !== id.trim()) return "spaces";
  if (UNPRINTABLE.test(id)) return "unprintable";
  const segments = id.split("/");
  if (segments.some((segment) => ["", ".", ".."].includes(segment))) return "segments";
  if (segments.length > 1 && segments.at(-1) === "image") return "image";
  return null;
}

/** Returns an id that is allowed: the file's name without its ending, odd characters as `-`. */
export function proposeId(fileName: string): string {
  const readable = stem(fileName)
    .normalize("NFC")
    .replaceAll(NOT_PLAIN, "-")
    .replaceAll(/-+/g, "-")
    .replaceAll(/^[-.]+|[-.]+$/g, "");
  const short = characters(readable).slice(0, MAX_ID).join("");
  return short === "" ? "picture" : short;
}

/** Returns an id that none of `taken` is: with the first free number behind it, if need be. */
export function freeId(id: string, taken: ReadonlySet<string>): string {
  let free = id;
  for (let number = 2; taken.has(free); number += 1) {
    const ending = `-${number}`;
    free =
      characters(id)
        .slice(0, MAX_ID - ending.length)
        .join("") + ending;
  }
  return free;
}

/** Returns the file's name as words; one without letters is no caption. */
export function proposeCaption(fileName: string): string {
  const words = stem(fileName)
    .replaceAll(/[\s_-]+/g, " ")
    .trim();
  return /\p{L}{2}/u.test(words) ? words.charAt(0).toUpperCase() + words.slice(1) : "";
}

const UNPRINTABLE = /[^\P{C}]|[^\P{Z} ]/u;
const NOT_PLAIN = /[^\p{L}\p{M}\p{N}._]/gu;

/** As the service counts them: code points, not halves of them. */
function characters(text: string): string[] {
  return Array.from(text);
}

function stem(fileName: string): string {
  const name = fileName.split(/[/\\]/).at(-1) ?? "";
  return name.replace(/(?<=.)\.[a-z0-9]{1,5}$/i, "");
}
