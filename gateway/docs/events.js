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

// An operation for each event whose name and summary have the words, in the exchange of its service;
// and one for each other way: those carry all events, so one stands for them.
function operations(words) {
  const found = {};
  const others = {};
  let kept = 0;
  for (const [name, operation] of Object.entries(whole.operations)) {
    const key = name.replace("send_", "");
    const channel = whole.channels[key];
    const only = (message) => ({
      ...operation, channel: { ...channel, messages: { [message]: channel.messages[message] } },
    });
    if (!key.endsWith("_events")) {
      others[name] = only(Object.keys(channel.messages)[0]);
      continue;
    }
    for (const message of Object.keys(channel.messages)) {
      const { name: address, summary } = whole.components.messages[message];
      const text = `${address} ${summary}`.toLowerCase();
      if (found[message] || !words.every((word) => text.includes(word))) continue;
      found[message] = { ...only(message), summary, description: undefined };
      found[message].channel.address = address;
      kept += 1;
    }
  }
  place.dataset.events = kept;
  return words.length ? found : { ...others, ...found };
}

function show(words) {
  const shown = { ...whole, channels: {}, operations: operations(words) };
  AsyncApiStandalone.render({
    schema: { ...resolved(shown, whole), "x-parser-spec-parsed": true, "x-parser-api-version": 3 },
    config: { show: { sidebar: true, errors: false, servers: false, schemas: false }, sidebar: { showOperations: "byDefault" } },
  }, place);
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
