// AsyncAPI's component that shows a parsed document.
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import AsyncApi from "@asyncapi/react-component/lib/esm/containers/AsyncApi/Standalone.js";

let root;

export function render(properties, place) {
  root ??= createRoot(place);
  root.render(createElement(AsyncApi, properties));
}
