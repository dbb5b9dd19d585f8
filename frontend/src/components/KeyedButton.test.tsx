import { QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { currentKey, setKey } from "@/api/key";
import { queryClient } from "@/queryClient";
import { KeyDialog } from "./KeyDialog";
import { KeyedButton } from "./KeyedButton";

/** Keys that came to be checked, and how those checks are answered. */
const server = vi.hoisted(() => {
  const asked: (string | null)[] = [];
  const open: ((response: Response) => void)[] = [];
  // Before the client is made: it keeps the fetch of that moment.
  globalThis.fetch = (request) => {
    asked.push((request as Request).headers.get("Authorization"));
    return new Promise((answer) => open.push(answer));
  };
  return { asked, open };
});

afterEach(() => {
  setKey(null);
  server.asked.length = 0;
  server.open.length = 0;
});

function show() {
  const edit = vi.fn();
  render(
    <QueryClientProvider client={queryClient}>
      <KeyedButton onClick={edit}>Edit</KeyedButton>
    </QueryClientProvider>,
  );
  return edit;
}

async function give(key: string) {
  const field = screen.getByLabelText("Key");
  await userEvent.clear(field);
  await userEvent.type(field, `${key}{Enter}`);
  await waitFor(() => expect(server.open).toHaveLength(1));
}

async function answer(response: Response) {
  await act(async () => {
    server.open.shift()?.(response);
    await Promise.resolve();
  });
}

test("a key is kept once the server knows it, and what waited for it goes on", async () => {
  const edit = show();
  await userEvent.click(screen.getByRole("button", { name: "Edit" }));
  await give("wdr_mistyped");
  const error = { code: "unknown_key", message: "the API key is unknown", detail: {} };
  await answer(Response.json({ error }, { status: 401 }));
  expect((await screen.findByRole("alert")).textContent).toBe("the API key is unknown");
  expect(currentKey()).toBeNull();
  expect(edit).not.toHaveBeenCalled();

  await give(" wdr_right ");
  await answer(new Response("wardrobe_ready 1"));
  await waitFor(() => expect(edit).toHaveBeenCalledTimes(1));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(server.asked).toEqual(["Bearer wdr_mistyped", "Bearer wdr_right"]);
  expect(currentKey()).toBe("wdr_right");

  await userEvent.click(screen.getByRole("button", { name: "Edit" }));
  expect(edit).toHaveBeenCalledTimes(2);
});

test("who closes the dialog while the key is checked has given none", async () => {
  const edit = show();
  await userEvent.click(screen.getByRole("button", { name: "Edit" }));
  await give("wdr_right");
  await userEvent.keyboard("{Escape}");
  await answer(new Response("wardrobe_ready 1"));
  await waitFor(() => expect(queryClient.isMutating()).toBe(0));
  expect(currentKey()).toBeNull();
  expect(edit).not.toHaveBeenCalled();
});

test("another key than the one that is kept is what is checked", async () => {
  setKey("wdr_old");
  render(
    <QueryClientProvider client={queryClient}>
      <KeyDialog />
    </QueryClientProvider>,
  );
  await userEvent.click(screen.getByRole("button", { name: "A key is set" }));
  await give("wdr_new");
  expect(server.asked).toEqual(["Bearer wdr_new"]);
});
