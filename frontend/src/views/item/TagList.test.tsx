import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { setKey } from "@/api/key";
import type { Item } from "@/api/types";
import { TagList } from "./TagList";

const ITEM = {
  id: "shop/17",
  etag: "1",
  given: {},
  tags: { colour: [{ label: "Red", probability: 0.75, threshold: 0.5 }] },
} as unknown as Item;

/** Verdicts that came, and how those under way are answered. */
const server = vi.hoisted(() => {
  const heard: string[] = [];
  const open: ((response: Response) => void)[] = [];
  // Before the client is made: it keeps the fetch of that moment.
  globalThis.fetch = async (request) => {
    heard.push(((await (request as Request).json()) as { verdict: string }).verdict);
    return new Promise((answer) => open.push(answer));
  };
  return { heard, open };
});

afterEach(() => {
  setKey(null);
  server.heard.length = 0;
  server.open.length = 0;
});

async function answerNext(status: number, body: unknown) {
  await waitFor(() => expect(server.open).toHaveLength(1));
  server.open.shift()?.(Response.json(body, { status }));
}

test("the last of two verdicts is the last the server hears, and can be sent again", async () => {
  setKey("wdr_write");
  render(
    <QueryClientProvider client={new QueryClient()}>
      <TagList item={ITEM} />
    </QueryClientProvider>,
  );
  await userEvent.click(screen.getByRole("button", { name: "Red is right" }));
  await userEvent.click(screen.getByRole("button", { name: "Red is wrong" }));
  expect(server.heard).toEqual(["accept"]);
  await answerNext(201, { number: 1 });
  await answerNext(503, { error: { code: "busy", message: "it is full", detail: {} } });
  await screen.findByText("1 verdict is not sent to the server: it is full");
  await userEvent.click(screen.getByRole("button", { name: "Send again" }));
  await answerNext(201, { number: 2 });
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
  expect(server.heard).toEqual(["accept", "reject", "reject"]);
  const pressed = screen.getByRole("button", { name: "Red is wrong" });
  expect(pressed.getAttribute("aria-pressed")).toBe("true");
});
