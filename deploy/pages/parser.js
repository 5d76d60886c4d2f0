// What the component needs of AsyncAPI's parser. The rest of it compiles code at run time, which
// the pages' Content-Security-Policy forbids.
export {
  isAsyncAPIDocument,
  isOldAsyncAPIDocument,
  isStringifiedDocument,
  toAsyncAPIDocument,
} from "@asyncapi/parser/esm/document.js";
export { unstringify } from "@asyncapi/parser/esm/stringify.js";
export { SchemaV2 } from "@asyncapi/parser/esm/models/index.js";
