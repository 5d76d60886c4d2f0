// Validates an AsyncAPI document with the parser of AsyncAPI's own command line; exits with
// status 1 if it finds an error or a warning.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const WARNING = 1; // 0 is an error; information and hints are above
const [path] = process.argv.slice(2);
const found = await new Parser().validate(readFileSync(path, "utf8"));
const grave = found.filter((one) => one.severity <= WARNING);
for (const one of grave) console.error(`${one.path.join(".")}: ${one.message}`);
process.exit(grave.length ? 1 : 0);
