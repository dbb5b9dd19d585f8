/** Calls of the service, as its OpenAPI document describes them. */
import createClient, { type FetchResponse } from "openapi-fetch";
import { currentKey } from "./key";
import type { paths } from "./schema";
import type { ErrorResponse } from "./types";

/** What the service, or the way to it, answered instead of a result. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfterS: number | null = null,
    readonly detail: Record<string, unknown> = {},
  ) {
    super(message);
  }

  /** The server is busy or starts up: the same call may work in a moment. */
  get passing(): boolean {
    return [429, 503, 504].includes(this.status);
  }

  get needsKey(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

/** Whether the same call may work in a moment; a connection that broke is no `ApiError`. */
export function mayPass(error: unknown): boolean {
  return !(error instanceof ApiError) || error.passing;
}

/** Returns the address of an item for calls; slashes stay, because some proxies refuse `%2F`. */
export function itemPath(id: string): string {
  return `/items/${id.split("/").map(encodeURIComponent).join("/")}`;
}

/** Returns the address of an item's picture, as its `image_url` has it. */
export function imagePath(id: string): string {
  return `${itemPath(id)}/image`;
}

export const api = createClient<paths>({
  pathSerializer: (path, { id }) => path.replace("/items/{id}", () => itemPath(String(id))),
});

api.use({
  onRequest({ request }) {
    for (const [name, value] of Object.entries(keyHeaders())) {
      if (!request.headers.has(name)) request.headers.set(name, value);
    }
  },
});

/** The header that carries an API key, if there is one. */
export function keyHeaders(key = currentKey()): Record<string, string> {
  return key === null ? {} : { Authorization: `Bearer ${key}` };
}

/** Returns what a call answered; throws `ApiError` for anything but success. */
export async function answerOf<
  T extends Record<string | number, unknown>,
  O,
  M extends `${string}/${string}`,
>(call: Promise<FetchResponse<T, O, M>>) {
  const { data, error, response } = await call;
  if (error !== undefined || !response.ok) throw errorOf(response, error);
  return data as NonNullable<typeof data>;
}

/** Asks for what any key may see, also while the server starts; throws if the key is refused. */
export async function checkKey(key: string): Promise<void> {
  await answerOf(api.GET("/metrics", { headers: keyHeaders(key), parseAs: "text" }));
}

/** Reads an answer that is not a success; a proxy's own has another shape than the service's. */
export function errorOf(response: Response, body: unknown): ApiError {
  const error = (body as Partial<ErrorResponse> | null | undefined)?.error;
  const retryAfter = response.headers.get("Retry-After");
  return new ApiError(
    response.status,
    error?.code ?? "unknown",
    error?.message ?? `${response.status} ${response.statusText}`.trim(),
    retryAfter === null ? null : Number(retryAfter),
    error?.detail,
  );
}
