/** What all browser tests share: a catalogue, and the real server on it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { buildCatalogue } from "./harness/catalogue";
import { createKey, startWardrobe } from "./harness/wardrobe";

declare module "vitest" {
  export interface ProvidedContext {
    url: string;
    /** An API key that may do everything. */
    key: string;
    /** Paths of pictures to search with. */
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
  project.provide("pictures", pictures);
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  };
}
