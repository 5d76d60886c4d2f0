// Print events as they happen: node stream.js http://localhost:8080 TOKEN 'task:*'
// A page that is served by Callboard needs no import and no header: it has the cookie.
import { EventSource } from "eventsource";

const [host, token, name] = process.argv.slice(2);
const fetchWithToken = (url, init) =>
  fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } });

// It reconnects by itself, and goes on after the last event that it got.
const source = new EventSource(`${host}/events/stream?name=${encodeURIComponent(name)}`, {
  fetch: fetchWithToken,
});
const show = (event) => console.log(event.type, JSON.parse(event.data).changes);
// Listeners are by name: those of the events that you want.
for (const type of ["task:update", "comment:new", "gap"]) source.addEventListener(type, show);
