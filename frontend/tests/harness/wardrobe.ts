import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { python, PYTHON, ROOT } from "./project";

const PATIENCE_MS = 60_000;

export interface Wardrobe {
  url: string;
  stop: () => Promise<void>;
}

/** Starts the real server, with the built page, and returns once it is healthy. */
export async function startWardrobe(folder: string, index: string): Promise<Wardrobe> {
  const port = await freePort();
  const log = join(folder, "log");
  const server = spawn(PYTHON, ["-m", "gunicorn"], {
    cwd: ROOT,
    env: {
      ...process.env,
      HOST: "127.0.0.1",
      PORT: String(port),
      INDEX: index,
      STATE: join(folder, "state"),
      LOG_LEVEL: "INFO",
      DEADLINE_S: "60", // the first explanation loads torch, which takes long on a busy machine
    },
    stdio: ["ignore", openSync(log, "a"), openSync(log, "a")],
  });
  const url = `http://127.0.0.1:${port}`;
  const end = Date.now() + PATIENCE_MS;
  while (!(await isHealthy(url))) {
    if (server.exitCode !== null || Date.now() > end) {
      server.kill();
      throw new Error(
        `The server did not become healthy:\n${(await readFile(log, "utf8")).slice(-2000)}`,
      );
    }
    await sleep(100);
  }
  const stop = async () => {
    server.kill();
    if (server.exitCode === null) await once(server, "exit");
  };
  return { url, stop };
}

/** Makes an API key of the server in a folder. */
export async function createKey(folder: string, scope: "write" | "admin"): Promise<string> {
  const command = ["-m", "wardrobe", "keys", "create", "--name", "browser tests", "--scope", scope];
  const written = await python(command, { STATE: join(folder, "state") });
  return written.trim();
}

async function isHealthy(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`).then(
    (response) => response.ok,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}
