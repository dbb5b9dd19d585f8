/** Calls of `/predict`: each picture by itself, a few at a time. */
import { queryOptions, useQueries, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { answerOf, api, ApiError } from "@/api/client";
import { useKey } from "@/api/key";
import type { Prediction } from "@/api/types";
import { keepFile, type Picture } from "./pictures";

const AT_ONCE = 3;

export type TaggingState = "waiting" | "tagging" | "delayed" | "done" | "failed";

export interface TaggedPicture {
  picture: Picture;
  prediction: Prediction | null;
  state: TaggingState;
  error: Error | null;
}

/** Of a query in TanStack's words. */
interface Progress {
  key: string;
  settled: boolean;
  underWay: boolean;
}

/** Returns the keys of the pictures whose turn it is: those under way, then the first ones waiting. */
export function turns(progress: readonly Progress[], first: string | null): string[] {
  const open = progress.filter((one) => !one.settled);
  const rank = (one: Progress) => (one.underWay ? 0 : one.key === first ? 1 : 2);
  return open
    .toSorted((one, other) => rank(one) - rank(other))
    .slice(0, AT_ONCE)
    .map((one) => one.key);
}

/** Returns what is known of each picture, and goes on tagging them; `first` goes before others. */
export function useTagging(pictures: readonly Picture[], first: string | null): TaggedPicture[] {
  const client = useQueryClient();
  const progress = pictures.map(({ key }) => {
    const state = client.getQueryState(tagsKey(key));
    return {
      key,
      settled: state !== undefined && state.status !== "pending",
      underWay: state !== undefined && state.fetchStatus !== "idle",
    };
  });
  const current = turns(progress, first);
  const results = useQueries({
    queries: pictures.map((picture) => ({
      ...tagsQuery(picture),
      enabled: current.includes(picture.key),
    })),
  });
  useAskAgainWithKey();
  return pictures.map((picture, place) => {
    const result = results[place];
    return {
      picture,
      prediction: result?.data ?? null,
      state: result === undefined ? "waiting" : stateOf(result),
      error: result?.error ?? result?.failureReason ?? null,
    };
  });
}

function stateOf(result: {
  status: string;
  fetchStatus: string;
  failureReason: Error | null;
}): TaggingState {
  if (result.status === "success") return "done";
  if (result.status === "error") return "failed";
  if (result.fetchStatus === "idle") return "waiting";
  return result.failureReason === null ? "tagging" : "delayed";
}

/** A key given since may open what was refused. */
function useAskAgainWithKey(): void {
  const client = useQueryClient();
  const key = useKey();
  useEffect(() => {
    void client.resetQueries({
      queryKey: ["tags"],
      predicate: ({ state }) => state.error instanceof ApiError && state.error.needsKey,
    });
  }, [client, key]);
}

export function tagsKey(key: string) {
  return ["tags", key] as const;
}

function tagsQuery(picture: Picture) {
  return queryOptions({
    queryKey: tagsKey(picture.key),
    queryFn: async ({ signal }) => predict(await fileOf(picture, signal), picture, false, signal),
    // The pictures stay while other views are shown, and so does what is known of them.
    gcTime: Infinity,
    staleTime: Infinity,
  });
}

/** What the selected tags of a picture looked at. */
export function reasonsQuery(picture: Picture) {
  return queryOptions({
    queryKey: ["reasons", picture.key] as const,
    queryFn: async ({ signal }) => predict(await fileOf(picture, signal), picture, true, signal),
    staleTime: Infinity,
  });
}

async function fileOf(picture: Picture, signal: AbortSignal): Promise<Blob> {
  if (picture.file !== null) return picture.file;
  const path = { id: picture.itemId ?? picture.name };
  const call = api.GET("/items/{id}/image", { params: { path }, parseAs: "blob", signal });
  const file = await answerOf(call);
  keepFile(picture.key, file);
  return file;
}

async function predict(
  file: Blob,
  { name }: Picture,
  explain: boolean,
  signal: AbortSignal,
): Promise<Prediction> {
  const call = api.POST("/predict", {
    params: { query: { explain } },
    body: { files: [] },
    bodySerializer: () => {
      const form = new FormData();
      form.append("files", file, name);
      return form;
    },
    signal,
  });
  const [result] = (await answerOf(call)).results;
  if (result === undefined) throw new Error("the answer has no result");
  if ("error" in result) throw new ApiError(400, result.error.code, result.error.message);
  return result;
}
