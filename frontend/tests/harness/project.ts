/** Where things are, and how a part of the project is run. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
export const PYTHON = `${ROOT}.venv/bin/python`;

/** Runs Python in the project's folder, with some settings, and returns what it wrote. */
export async function python(
  command: readonly string[],
  settings: Record<string, string> = {},
): Promise<string> {
  const env = { ...process.env, ...settings };
  const { stdout } = await promisify(execFile)(PYTHON, command, { cwd: ROOT, env });
  return stdout;
}
