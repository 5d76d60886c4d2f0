// A client of the HTTP API, typed by its description: `client.GET("/data/tasks", …)`.
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type Schemas = components["schemas"];
export type Callboard = Client<paths>;

/** A client that nobody has logged in with. */
export function connect(baseUrl: string): Callboard {
  return createClient<paths>({ baseUrl });
}

/** Log in, and send the token with each later request. Throws an Error with the server's message. */
export async function logIn(client: Callboard, email: string, password: string): Promise<void> {
  const { access_token: token } = must(
    await client.POST("/auth/login", { body: { email, password } }),
  );
  client.use({
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${token}`);
    },
  });
}

/** What was answered. Throws an Error with the server's message if the request was refused. */
export function must<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.status}: ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}
