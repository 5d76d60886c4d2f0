// Writes gateway/docs/vendor and gateway/console/vendor: each file compressed, as it is served.
import { copyFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = import.meta.dirname;
const vendor = path.join(here, "../../gateway/docs/vendor");
const consoleVendor = path.join(here, "../../gateway/console/vendor");
const module = (name) => path.join(here, "node_modules", name);
const pack = (name, content, folder = vendor) => writeFile(path.join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));

const withoutParser = {
  name: "without-parser",
  setup(bundle) {
    const nothing = () => ({ path: "nothing", namespace: "nothing" });
    bundle.onResolve({ filter: /^@asyncapi\/parser(\/cjs\/document)?$/ }, () => ({
      path: path.join(here, "parser.js"),
    }));
    bundle.onResolve({ filter: /^@stoplight\/|^@asyncapi\/specs/ }, nothing);
    bundle.onResolve({ filter: /\/parser$/ }, (wanted) =>
      wanted.importer.includes("react-component") ? nothing() : undefined,
    );
    bundle.onLoad({ filter: /.*/, namespace: "nothing" }, () => ({
      contents: "module.exports = { schemas: {} };",
    }));
  },
};

const { outputFiles } = await build({
  entryPoints: [path.join(here, "events.js")],
  bundle: true,
  minify: true,
  write: false,
  globalName: "AsyncApiStandalone",
  legalComments: "eof",
  define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
  plugins: [withoutParser],
});
await pack("asyncapi.js", outputFiles[0].contents);
await pack("asyncapi.css", await readFile(module("@asyncapi/react-component/styles/default.min.css")));
await copyFile(module("@asyncapi/react-component/LICENSE"), path.join(vendor, "asyncapi.LICENSE"));
await pack("scalar.js", await readFile(module("@scalar/api-reference/dist/browser/standalone.js")));
await copyFile(module("@scalar/api-client/LICENSE"), path.join(vendor, "scalar.LICENSE"));
// The console: Alpine's build that compiles no code. Its package has no file with the licence.
await pack("alpine.js", await readFile(module("@alpinejs/csp/dist/cdn.min.js")), consoleVendor);
await copyFile(path.join(here, "alpine.LICENSE"), path.join(consoleVendor, "alpine.LICENSE"));
