// How a production's day begins, with the generated TypeScript client:
// `node production_day.js http://localhost:8080 admin@example.com …`.
import assert from "node:assert/strict";
import { connect, logIn, must, type Callboard, type Schemas } from "./client.js";

const SHOTS = ["SH010", "SH020", "SH030"];

/** Log in, and make a production of that name with its tasks. */
async function begin(base: string, email: string, password: string, name: string): Promise<void> {
  const client = connect(base);
  await logIn(client, email, password);
  const film = must(await client.POST("/data/projects", { body: { name } }));
  const layout = must(
    await client.POST("/data/task-types", {
      body: { name: `${name} layout`, for_entity: "Shot", color: "#64B5F6" },
    }),
  );
  must(
    await client.POST("/data/task-type-links", {
      body: { project_id: film.id, task_type_id: layout.id },
    }),
  );
  const path = { project_id: film.id };
  const sequence = must(
    await client.POST("/data/projects/{project_id}/sequences", {
      params: { path },
      body: { name: "Opening" },
    }),
  );
  const shots: Schemas["EntityRow"][] = [];
  for (const shot of SHOTS) {
    const body = { name: shot, sequence_id: sequence.id };
    shots.push(must(await client.POST("/data/projects/{project_id}/shots", { params: { path }, body })));
  }
  const tasks = must(
    await client.POST("/actions/projects/{project_id}/task-types/{task_type_id}/create-tasks/{kind}", {
      params: { path: { ...path, task_type_id: layout.id, kind: "shots" } },
      body: shots.map((shot) => shot.id),
    }),
  );
  await readBack(client, film.id, sequence.id, tasks[0]!.id);
}

/** Comment on the first task, and check that everything is there. */
async function readBack(client: Callboard, film: string, sequence: string, task: string): Promise<void> {
  const status = must(
    await client.POST("/data/task-status", {
      body: { name: `In work ${film}`.slice(0, 40), short_name: film.slice(0, 10), color: "#3273DC" },
    }),
  );
  const words = { task_status_id: status.id, comment: "The first layout is in." };
  const params = { path: { task_id: task } };
  const posted = must(
    await client.POST("/actions/tasks/{task_id}/comment", { params, body: words }),
  );
  const shots = must(
    await client.GET("/data/sequences/{ident}/shots", { params: { path: { ident: sequence } } }),
  );
  assert.deepEqual(shots.map((shot) => shot.name), SHOTS);
  const tasks = must(
    await client.GET("/data/projects/{project_id}/tasks", { params: { path: { project_id: film } } }),
  );
  assert(Array.isArray(tasks));
  assert.equal(tasks.length, SHOTS.length);
  assert.equal(tasks.find((one) => one.id === task)?.task_status_id, status.id);
  const comments = must(await client.GET("/data/tasks/{task_id}/comments", { params }));
  assert.deepEqual(comments.map((one) => [one.id, one.text]), [[posted.id, words.comment]]);
}

const [base = "", email = "", password = "", name = "Lighthouse"] = process.argv.slice(2);
await begin(base, email, password, name);
console.log("The day has begun.");
