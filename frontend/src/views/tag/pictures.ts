/** The pictures of the Tag view; they stay while other views are shown, not when the page is left. */
import { useSyncExternalStore } from "react";
import { leavingWarning } from "@/leaving";
import type { Verdicts } from "./selection";

export interface Picture {
  key: string;
  /** Name of its file, or id of its item. */
  name: string;
  /** Of a picture of the catalogue. */
  itemId: string | null;
  /** Null until the picture of an item is fetched. */
  file: Blob | null;
  /** For an <img>. */
  url: string | null;
  verdicts: Verdicts;
}

let pictures: readonly Picture[] = [];
let added = 0;
const listeners = new Set<() => void>();
const warnOfLeaving = leavingWarning();

export function currentPictures(): readonly Picture[] {
  return pictures;
}

export function usePictures(): readonly Picture[] {
  return useSyncExternalStore(subscribe, currentPictures);
}

/** Adds files at the end. */
export function addFiles(files: readonly File[]): void {
  for (const file of files) {
    const url = URL.createObjectURL(file);
    replaceAll([...pictures, newPicture({ name: unusedName(file.name), file, url })]);
  }
}

/** Adds the picture of an item of the catalogue, if it is not there. */
export function addItem(itemId: string): void {
  if (pictures.some((picture) => picture.itemId === itemId)) return;
  replaceAll([...pictures, newPicture({ name: itemId, itemId })]);
}

export function updatePicture(key: string, change: Partial<Picture>): void {
  replaceAll(pictures.map((old) => (old.key === key ? { ...old, ...change } : old)));
}

/** Keeps the fetched picture of an item. */
export function keepFile(key: string, file: Blob): void {
  if (!pictures.some((picture) => picture.key === key && picture.url === null)) return;
  updatePicture(key, { file, url: URL.createObjectURL(file) });
}

export function removePictures(keys: readonly string[]): void {
  for (const { key, url } of pictures) {
    if (keys.includes(key) && url !== null) URL.revokeObjectURL(url);
  }
  replaceAll(pictures.filter((picture) => !keys.includes(picture.key)));
}

function newPicture(given: Partial<Picture> & { name: string }): Picture {
  added += 1;
  return {
    key: String(added),
    itemId: null,
    file: null,
    url: null,
    verdicts: new Map(),
    ...given,
  };
}

/** Whatever is pasted is called `image.png`. */
function unusedName(name: string): string {
  const taken = new Set(pictures.map((picture) => picture.name));
  const [, stem = name, ending = ""] = /^(.+)(\.[^.]*)$/s.exec(name) ?? [];
  let unused = name;
  for (let count = 2; taken.has(unused); count += 1) unused = `${stem} (${count})${ending}`;
  return unused;
}

function replaceAll(next: readonly Picture[]): void {
  pictures = next;
  warnOfLeaving(pictures.some(({ itemId }) => itemId === null)); // the server keeps the others
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
