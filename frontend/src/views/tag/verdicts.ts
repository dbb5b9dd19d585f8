/** What people think of tags; of items of the catalogue the server keeps it too. */
import { useMutation } from "@tanstack/react-query";
import { answerOf, api } from "@/api/client";
import { markSent, type Picture, updatePicture } from "./pictures";
import { type TagList, type Verdict, withVerdict } from "./selection";

interface Sending {
  key: string;
  itemId: string;
  name: string;
  verdict: Verdict;
}

export function useVerdicts() {
  const { mutate, error } = useMutation({
    mutationFn: ({ itemId, name, verdict }: Sending) =>
      answerOf(api.POST("/feedback", { body: { kind: "tag", id: itemId, tag: name, verdict } })),
    onSuccess: (_answer, { key, name }) => markSent(key, name),
    scope: { id: "feedback" }, // one after the other: the last one counts
  });
  const send = ({ key, itemId, verdicts }: Picture, names: readonly string[]) => {
    for (const name of names) {
      const verdict = verdicts.get(name);
      if (itemId !== null && verdict !== undefined) mutate({ key, itemId, name, verdict });
    }
  };
  const judge = (
    picture: Picture,
    tag: { attribute: string; label: string; tags: TagList },
    verdict: Verdict,
  ) => {
    const name = `${tag.attribute}=${tag.label}`;
    const again = picture.verdicts.get(name) === verdict;
    if (picture.itemId === null) {
      const verdicts = withVerdict(picture.verdicts, tag, again ? null : verdict);
      updatePicture(picture.key, { verdicts });
    } else if (!again) {
      // What the server has been told cannot be taken back, only changed.
      const change = {
        verdicts: withVerdict(picture.verdicts, tag, verdict),
        unsent: [...picture.unsent.filter((other) => other !== name), name],
      };
      updatePicture(picture.key, change);
      send({ ...picture, ...change }, [name]);
    }
  };
  return { judge, sendAgain: (picture: Picture) => send(picture, picture.unsent), error };
}
