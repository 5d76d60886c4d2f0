// AsyncAPI's own component, without its parser: that compiles code, which the page's policy forbids.
// The parser would put what a reference names in its place; here these few lines do.
function resolved(value, whole) {
  if (Array.isArray(value)) return value.map((one) => resolved(one, whole));
  if (!value || typeof value !== "object") return value;
  if (value.$ref) {
    const path = value.$ref.slice(2).split("/");
    return resolved(path.reduce((part, name) => part[name], whole), whole);
  }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolved(one, whole)]));
}

const place = document.getElementById("events");
const find = document.getElementById("find");
let whole = {};

function show(words) {
  const channels = Object.entries(whole.channels).filter(([key, channel]) => {
    const text = `${channel.address} ${whole.components.messages[key].summary}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const kept = new Set(channels.map(([key]) => key));
  const of = (all, name) => Object.fromEntries(
    Object.entries(all).filter(([key]) => kept.has(name(key))),
  );
  const shown = {
    ...whole,
    channels: Object.fromEntries(channels),
    operations: of(whole.operations, (key) => key.replace("publish_", "")),
  };
  AsyncApiStandalone.render({
    schema: { ...resolved(shown, whole), "x-parser-spec-parsed": true, "x-parser-api-version": 3 },
    config: { show: { sidebar: true, errors: false, servers: false, schemas: false }, sidebar: { showOperations: "byDefault" } },
  }, place);
  place.dataset.events = kept.size;
}

let typing;
find.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => show(find.value.toLowerCase().split(/\s+/).filter(Boolean)), 150);
});

fetch("../asyncapi.json").then(async (answer) => {
  whole = await answer.json();
  show([]);
  document.body.dataset.ready = "yes";
});
