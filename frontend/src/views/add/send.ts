/** Sends one picture, with the progress that only XMLHttpRequest knows. */
import { ApiError, answerOf, api, errorOf, itemPath, keyHeaders } from "@/api/client";
import type { Item } from "@/api/types";
import { itemForm } from "@/editing/itemForm";
import type { Outcome, Progress, Row } from "./queue";

export type Send = (
  row: Row,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
) => Promise<Outcome>;

/** Writes the row's item and returns what became of it; throws `ApiError` for what the service refuses. */
export const sendRow: Send = async (row, onProgress, signal) => {
  // The answer says created or not; only the version before tells replaced from unchanged.
  const before = row.mayReplace ? await etagOf(row.id, signal) : null;
  const { status, item } = await put(row, onProgress, signal);
  if (status === 201) return "created";
  return item.etag === before ? "unchanged" : "replaced";
};

async function etagOf(id: string, signal: AbortSignal): Promise<string | null> {
  try {
    const params = { path: { id } };
    return (await answerOf(api.GET("/items/{id}", { params, signal, cache: "no-store" }))).etag;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

function put(row: Row, onProgress: (progress: Progress) => void, signal: AbortSignal) {
  return new Promise<{ status: number; item: Item }>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", itemPath(row.id));
    const headers = { ...keyHeaders(), ...(!row.mayReplace && { "If-None-Match": "*" }) };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) =>
      onProgress({ step: "sending", share: loaded / total });
    request.upload.onload = () => onProgress({ step: "encoding" });
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status < 300) resolve({ status: request.status, item: body as Item });
      else reject(errorOf(responseOf(request), body));
    };
    request.onerror = () => reject(new TypeError("the connection broke"));
    request.onabort = () => reject(new DOMException("given up", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(itemForm({ caption: row.caption, ...row.shared }, row.file));
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a proxy's own page
  }
}

function responseOf(request: XMLHttpRequest): Response {
  const retryAfter = request.getResponseHeader("Retry-After");
  return new Response(null, {
    status: request.status,
    statusText: request.statusText,
    headers: retryAfter === null ? {} : { "Retry-After": retryAfter },
  });
}
