// Log-in for the page: the session is a cookie that no script can read, so each request that is
// tried out has it.
const form = document.getElementById("session");
const who = document.getElementById("who");
const leave = document.getElementById("leave");

function show(person, said = "") {
  form.hidden = Boolean(person);
  leave.hidden = !person;
  who.textContent = person ? `${person.full_name}, ${person.role}` : said;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  who.textContent = "";
  const answer = await fetch("auth/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(Object.fromEntries(new FormData(form))),
  });
  const body = await answer.json();
  form.elements.password.value = "";
  if (body.login) show(body.user);
  else if (body.missing_OTP) show(null, "it has a second factor: send POST /auth/login below");
  else show(null, body.message || "wrong e-mail or password");
});

leave.addEventListener("click", async () => {
  await fetch("auth/logout");
  show(null);
});

fetch("auth/authenticated")
  .then((answer) => (answer.ok ? answer.json() : {}))
  .then((known) => show(known.user));
