/** What all browser tests share: a catalogue, and the real server on it. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import type { SearchResponse } from "@/api/types";
import { buildCatalogue } from "./harness/catalogue";
import { createKey, startWardrobe } from "./harness/wardrobe";

declare module "vitest" {
  export interface ProvidedContext {
    url: string;
    /** An API key that may do everything. */
    key: string;
    /** Paths of pictures that are not in the catalogue, and find something there. */
    pictures: string[];
  }
}

export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), "wardrobe-browser-"));
  const { index, pictures } = await buildCatalogue(folder);
  const [server, key] = await Promise.all([
    startWardrobe(folder, index),
    createKey(folder, "admin"),
  ]);
  project.provide("url", server.url);
  project.provide("key", key);
  project.provide("pictures", await thatFind(server.url, pictures));
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  };
}

async function thatFind(url: string, paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.slice(0, 20).map(async (path) => {
      const body = await readFile(path);
      const headers = { "Content-Type": "application/octet-stream" };
      const response = await fetch(`${url}/search?top_k=5`, { method: "POST", headers, body });
      if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
      return ((await response.json()) as SearchResponse).count === 5;
    }),
  );
  return paths.filter((_, place) => found[place]);
}
