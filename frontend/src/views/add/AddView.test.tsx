import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import { expect, test, vi } from "vitest";
import { AddView } from "./AddView";

vi.hoisted(() => {
  globalThis.fetch = () => new Promise(() => undefined); // no known labels
});

function show() {
  return render(
    <QueryClientProvider client={new QueryClient()}>
      <MemoryRouter>
        <AddView />
      </MemoryRouter>
    </QueryClientProvider>,
  );
}

test("what all pictures are given stays with them while another view is shown", async () => {
  const user = userEvent.setup();
  const { unmount } = show();
  const input = document.querySelector<HTMLInputElement>("input[type=file]");
  if (input === null) throw new Error("there is no place for files");
  await user.upload(input, new File(["x"], "a.jpg", { type: "image/jpeg" }));
  await user.type(screen.getByLabelText("Another attribute"), "drop{Enter}");
  await user.type(screen.getByLabelText("Add a label of Drop"), "Winter{Enter}");
  await user.click(screen.getByRole("checkbox", { name: /Do not overwrite/ }));
  unmount();
  show();
  expect(screen.getByLabelText("Id of a.jpg")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Remove Winter" })).toBeTruthy();
  expect(screen.getByRole("group", { name: "Given labels" }).closest("details")?.open).toBe(true);
  const keep = screen.getByRole<HTMLInputElement>("checkbox", { name: /Do not overwrite/ });
  expect(keep.checked).toBe(false);
});
