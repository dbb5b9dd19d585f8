import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Starts Debian's Chromium, or the one that CHROMIUM names. */
export async function launchChromium(): Promise<Browser> {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(
      `The page is tested in Chromium, and there is no ${EXECUTABLE}: ` +
        "apt-get install chromium, or set CHROMIUM to where one is",
    );
  }
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync"],
  });
}
