/** Verdicts on tags of items: the server keeps them, the page those that it has not taken. */
import { type MutationState, useMutation, useMutationState } from "@tanstack/react-query";
import { answerOf, api } from "./client";

export type Verdict = "accept" | "reject";

export interface TagVerdict {
  /** Of the item. */
  id: string;
  /** `attribute=label` */
  tag: string;
  verdict: Verdict;
}

export interface UnsentVerdict extends TagVerdict {
  error: Error;
}

/**
 * Sends verdicts, and tells which were given.
 *
 * @param picture - what is judged: an item may get another picture, of which nothing is known.
 */
export function useTagFeedback(picture: string) {
  const mutationKey = ["feedback", picture];
  const { mutate } = useMutation({
    mutationKey,
    mutationFn: (given: TagVerdict) =>
      answerOf(api.POST("/feedback", { body: { kind: "tag", ...given } })),
    scope: { id: "feedback" }, // one after the other: the last one counts
    gcTime: Infinity, // they stay while other views are shown
  });
  const states = useMutationState({
    filters: { mutationKey },
    select: ({ state }) => state as MutationState<unknown, Error, TagVerdict>,
  });
  const latest = new Map(
    states.flatMap(({ variables, error }) =>
      variables === undefined ? [] : [[variables.tag, { ...variables, error }] as const],
    ),
  );
  return {
    send: mutate,
    /** The last verdict on each tag. */
    verdicts: new Map([...latest].map(([tag, { verdict }]) => [tag, verdict] as const)),
    unsent: [...latest.values()].filter((given): given is UnsentVerdict => given.error !== null),
  };
}
