import { existsSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { python, ROOT } from "./project";

const REAL = join(
  process.env.WARDROBE_REAL_DATA ?? join(ROOT, "../shared/data"),
  "fashion-product-images",
);
const PICTURES = 375;

export interface Catalogue {
  /** The index folder. */
  index: string;
  /** Paths of pictures that are not in it. */
  pictures: string[];
}

/** Builds the index of a few hundred photographs, or drawn pictures where there are none. */
export async function buildCatalogue(folder: string): Promise<Catalogue> {
  const index = join(folder, "index");
  await (existsSync(REAL) ? importReal(folder) : draw(folder, PICTURES));
  await python(["build_index.py", join(folder, "data"), "--split", "train", "--out", index]);
  return { index, pictures: await heldOut(join(folder, "data")) };
}

/** Draws a dataset `data`. */
export async function draw(folder: string, count: number): Promise<void> {
  const named = ["--root", folder, "--name", "data"];
  await python(["prepare_dataset.py", "drawn", ...named, "--count", String(count)]);
}

/** Imports photographs from all over the real dataset as `data`. */
async function importReal(folder: string): Promise<void> {
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
}

/** Returns the paths of pictures that nothing is trained on, and that are not indexed. */
export async function heldOut(root: string): Promise<string[]> {
  const [, ...rows] = (await readFile(join(root, "manifest.csv"), "utf8")).trimEnd().split("\n");
  return rows.flatMap((row) => {
    const [path = "", split] = row.split(",");
    return split === "val" || split === "test" ? [resolve(root, path)] : [];
  });
}
