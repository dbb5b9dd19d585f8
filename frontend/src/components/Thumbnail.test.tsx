import { render, screen, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { Thumbnail } from "./Thumbnail";

test("a picture that can be shown takes the place of one that cannot", async () => {
  const good = new File(["x"], "good.jpg");
  vi.stubGlobal("IntersectionObserver", Seen);
  vi.stubGlobal("createImageBitmap", (picture: File) =>
    picture === good
      ? Promise.resolve({ width: 2, height: 1, close: () => undefined })
      : Promise.reject(new Error("unreadable")),
  );
  const { container, rerender } = render(
    <Thumbnail picture={new File(["x"], "broken.heic")} side={80} />,
  );
  await screen.findByText("Your browser cannot show this picture");
  rerender(<Thumbnail picture={good} side={80} />);
  await waitFor(() => expect(container.querySelector("canvas")?.width).toBe(80));
  expect(screen.queryByText("Your browser cannot show this picture")).toBeNull();
});

/** Sees at once whatever it is to observe. */
class Seen {
  constructor(private readonly report: (entries: unknown[]) => void) {}
  observe = () => this.report([{ isIntersecting: true }]);
  disconnect = () => undefined;
}
