/** What people think of tags; of items of the catalogue the server keeps it too. */
import { useTagFeedback, type Verdict } from "@/api/feedback";
import { type Picture, updatePicture } from "./pictures";
import { type TagList, withVerdict } from "./selection";

export function useVerdicts({ key, itemId, verdicts }: Picture) {
  const { send, unsent } = useTagFeedback(key);
  const judge = (tag: { attribute: string; label: string; tags: TagList }, verdict: Verdict) => {
    const name = `${tag.attribute}=${tag.label}`;
    const again = verdicts.get(name) === verdict;
    // What the server has been told cannot be taken back, only changed.
    if (again && itemId !== null) return;
    updatePicture(key, { verdicts: withVerdict(verdicts, tag, again ? null : verdict) });
    if (itemId !== null) send({ id: itemId, tag: name, verdict });
  };
  // Another label may have been accepted meanwhile, where there is one answer.
  const standing = unsent.filter(({ tag, verdict }) => verdicts.get(tag) === verdict);
  return { judge, unsent: standing, send };
}
