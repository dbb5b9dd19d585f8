import { useEffect, useLayoutEffect } from "react";
import { NavigationType, useLocation, useNavigationType } from "react-router";

/** How far down each step of the history was, by its key. */
const places = new Map<string, number>();

/** Another view begins at its top; going back or forward leads to where one was. */
export function useScrollMemory(): void {
  const { key, pathname } = useLocation();
  const returned = useNavigationType() === NavigationType.Pop;
  useLayoutEffect(() => {
    window.scrollTo(0, returned ? (places.get(key) ?? 0) : 0);
    // Only a step back or forward, or another view, moves the window.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [returned && key, pathname]);
  useEffect(() => {
    window.history.scrollRestoration = "manual";
    const note = () => places.set(key, window.scrollY);
    window.addEventListener("scroll", note, { passive: true });
    return () => window.removeEventListener("scroll", note);
  }, [key]);
}
