/** Keys that move among the pictures. */
import { useEffect, useEffectEvent } from "react";

const STEPS: Partial<Record<string, number>> = { j: 1, ArrowRight: 1, k: -1, ArrowLeft: -1 };
const USES_KEYS = "input, select, textarea, [role=slider], [role=dialog]";

/** Calls `move` with 1 or -1, unless the key is for what has the focus. */
export function useMoveKeys(move: (step: number) => void): void {
  const take = useEffectEvent((event: KeyboardEvent) => {
    const step = STEPS[event.key];
    const taken = event.target instanceof Element && event.target.closest(USES_KEYS) !== null;
    if (step === undefined || taken || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move(step);
  });
  useEffect(() => {
    document.addEventListener("keydown", take);
    return () => document.removeEventListener("keydown", take);
  }, []);
}
