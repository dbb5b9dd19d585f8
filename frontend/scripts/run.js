/** Runs a script in TypeScript: node scripts/run.js scripts/measure.ts */
import process from "node:process";
import { runnerImport } from "vite";

await runnerImport(process.argv[2]);
