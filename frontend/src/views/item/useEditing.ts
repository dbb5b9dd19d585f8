import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "@/api/client";
import type { Item } from "@/api/types";
import { changesOf, type Conflict, conflictsOf, type Draft, draftOf, rebased } from "./draft";
import { refreshAfterWrite } from "@/queryClient";
import { itemQuery, patchItem } from "./queries";

/** The draft of an item, and the version it changes. */
export function useEditing(item: Item, onSaved: () => void) {
  const client = useQueryClient();
  const [base, setBase] = useState(item);
  const [draft, setDraft] = useState<Draft>(() => draftOf(item));
  const [picture, setPicture] = useState<File | null>(null);
  const [conflicts, setConflicts] = useState<Conflict[] | null>(null);
  const { changes, problems } = changesOf(base, draft);

  const saving = useMutation({
    mutationFn: () => patchItem(base, changes, picture),
    onSuccess: (saved) => {
      client.setQueryData(itemQuery(saved.id).queryKey, saved);
      refreshAfterWrite();
      onSaved();
    },
    onMutate: () => {
      setConflicts(null);
      loading.reset();
    },
  });
  const loading = useMutation({
    mutationFn: () => client.query({ ...itemQuery(base.id), staleTime: 0 }),
    onSuccess: (latest) => {
      setConflicts(conflictsOf(changes, base, latest));
      setDraft(rebased(changes, latest));
      setBase(latest);
      saving.reset();
    },
  });
  const error = loading.error ?? saving.error;
  return {
    draft,
    change: (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part })),
    problems,
    picture,
    setPicture,
    isChanged: picture !== null || Object.keys(changes).length > 0,
    save: () => saving.mutate(),
    isSaving: saving.isPending,
    error,
    /** Somebody else wrote another version. */
    isOutdated: error instanceof ApiError && error.status === 412,
    /** What both changed; null before a new version was loaded. */
    conflicts,
    /** Puts what is typed on top of the new version, if it can be read. */
    loadLatest: () => problems.size === 0 && loading.mutate(),
  };
}
