/** Returns a switch: while it is on, browsers ask before they close or reload the page. */
export function leavingWarning(): (isOn: boolean) => void {
  const warn = (event: BeforeUnloadEvent) => event.preventDefault();
  return (isOn) => {
    if (isOn) window.addEventListener("beforeunload", warn);
    else window.removeEventListener("beforeunload", warn);
  };
}
