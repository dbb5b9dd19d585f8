// Takes what differs from build to build out of npm's bill of materials: node page_bill.mjs npm.json
import { readFileSync } from "node:fs";

const bill = JSON.parse(readFileSync(process.argv[2], "utf8"));
delete bill.serialNumber;
delete bill.metadata.timestamp;
process.stdout.write(JSON.stringify(bill, null, 1) + "\n");
