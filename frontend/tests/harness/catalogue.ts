import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { python, ROOT } from "./project";

const REAL = join(
  process.env.WARDROBE_REAL_DATA ?? join(ROOT, "../shared/data"),
  "fashion-product-images",
);
const PICTURES = 300;

export interface Catalogue {
  /** The index folder. */
  index: string;
  /** Paths of pictures that are not in it; of a drawn catalogue, that are. */
  pictures: string[];
}

/** Builds the index of a few hundred photographs, or drawn pictures where there are none. */
export async function buildCatalogue(folder: string): Promise<Catalogue> {
  const root = join(folder, "data");
  const index = join(folder, "index");
  const pictures = existsSync(REAL) ? await importReal(folder) : await draw(folder, PICTURES);
  await python(["build_index.py", root, "--out", index]);
  return { index, pictures };
}

/** Draws a dataset `data`, and returns the paths of its pictures. */
export async function draw(folder: string, count: number): Promise<string[]> {
  const named = ["--root", folder, "--name", "data"];
  await python(["prepare_dataset.py", "drawn", ...named, "--count", String(count)]);
  const images = join(folder, "data", "images");
  return (await readdir(images)).sort().map((name) => join(images, name));
}

/** Imports photographs from all over the real dataset as `data`, and returns paths of others. */
async function importReal(folder: string): Promise<string[]> {
  const table = await readFile(join(REAL, "products.csv"), "utf8");
  const [header = "", ...rows] = table.trimEnd().split("\n");
  const step = Math.floor(rows.length / PICTURES);
  const source = join(folder, "source");
  await mkdir(source);
  await symlink(join(REAL, "images"), join(source, "images"));
  const some = rows.filter((_, row) => row % step === 0);
  await writeFile(join(source, "products.csv"), [header, ...some, ""].join("\n"));
  const named = ["--root", folder, "--name", "data"];
  await python(["prepare_dataset.py", "fashion-product-images", source, ...named]);
  const others = rows.filter((_, row) => row % (10 * step) === 1);
  return others.map((row) => join(REAL, "images", `${row.slice(0, row.indexOf(","))}.jpg`));
}
