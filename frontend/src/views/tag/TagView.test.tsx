import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Link, MemoryRouter, Route, Routes, useLocation } from "react-router";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { currentPictures, removePictures } from "./pictures";
import { TagView } from "./TagView";

const PREDICTION = {
  filename: "x",
  tags: {
    colour: [
      { label: "Red", probability: 0.75, threshold: 0.5, selected: true },
      { label: "Blue", probability: 0.25, threshold: 0.5, selected: false },
    ],
  },
  top: [],
};

/** Requests that came, and how those under way are answered. */
const server = vi.hoisted(() => {
  const asked: Request[] = [];
  const open: ((response: Response | Promise<Response>) => void)[] = [];
  // Before the client is made: it keeps the fetch of that moment.
  globalThis.fetch = (request) => {
    asked.push(request as Request);
    return new Promise((answer) => open.push(answer));
  };
  return { asked, open };
});

/** Ends the reductions of pictures that are under way. */
const reducing = vi.hoisted((): ((reduced: string) => void)[] => []);

vi.mock(import("@/query/picture"), async (original) => ({
  ...(await original()),
  reducedPicture: () => new Promise((end) => reducing.push(end)),
}));

beforeEach(() => {
  reducing.length = 0;
  server.asked.length = 0;
  server.open.length = 0;
});
afterEach(() => removePictures(currentPictures().map(({ key }) => key)));

function show(address = "/tag") {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <MemoryRouter initialEntries={[address]} useTransitions={false}>
        <Link to="/health">Health</Link>
        <Link to={address}>Tag</Link>
        <Routes>
          <Route path="/tag" element={<TagView />} />
          <Route path="/" element="Search" />
          <Route path="/health" element={null} />
        </Routes>
        <Address />
      </MemoryRouter>
    </QueryClientProvider>,
  );
}

function Address() {
  return <output aria-label="address">{useLocation().search}</output>;
}

async function give(...names: string[]) {
  const files = names.map((name) => new File(["x"], name, { type: "image/jpeg" }));
  const input = document.querySelector<HTMLInputElement>("input[type=file]");
  if (input === null) throw new Error("there is no place for files");
  await userEvent.upload(input, files);
}

function answerNext(body: unknown, status = 200) {
  server.open.shift()?.(Response.json(body, { status }));
}

async function tagOne(name = "a.jpg") {
  await give(name);
  await waitFor(() => expect(server.open).toHaveLength(1));
  answerNext({ results: [PREDICTION] });
  await screen.findByRole("heading", { name: "Colour" });
}

async function showItem() {
  show("/tag?id=shop/17");
  await waitFor(() => expect(server.open).toHaveLength(1));
  expect(server.asked[0]?.url).toContain("/items/shop/17/image");
  server.open.shift()?.(new Response(new Blob(["x"])));
  await waitFor(() => expect(server.open).toHaveLength(1));
  answerNext({ results: [PREDICTION] });
  await screen.findByRole("heading", { name: "Colour" });
}

async function refuseNext() {
  await waitFor(() => expect(server.open).toHaveLength(1));
  answerNext({ error: { code: "key_required", message: "it needs a key", detail: {} } }, 401);
}

test("three pictures at most are under way, and a broken one fails alone", async () => {
  show();
  await give("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg");
  await waitFor(() => expect(server.open).toHaveLength(3));
  answerNext(
    { error: { code: "unreadable_picture", message: "it is truncated", detail: {} } },
    400,
  );
  await screen.findByText("it is truncated");
  expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  await waitFor(() => expect(server.open).toHaveLength(3));
  expect(server.asked).toHaveLength(4);
  for (let count = 0; count < 4; count += 1) {
    await waitFor(() => expect(server.open).not.toHaveLength(0));
    answerNext({ results: [PREDICTION] });
  }
  await screen.findByText("4 of 5 tagged");
  expect(server.asked).toHaveLength(5);
});

test("a busy server can be asked again", async () => {
  show();
  await give("a.jpg");
  await waitFor(() => expect(server.open).toHaveLength(1));
  answerNext({ error: { code: "busy", message: "the queue is full", detail: {} } }, 429);
  await userEvent.click(await screen.findByRole("button", { name: "Try again" }));
  await waitFor(() => expect(server.open).toHaveLength(1));
  answerNext({ results: [PREDICTION] });
  await screen.findByText("1 of 1 tagged");
});

test("why a tag: a server out of reach is said, whatever the browser calls it", async () => {
  show();
  await tagOne();
  await userEvent.click(screen.getByRole("button", { name: "Why Red?" }));
  await waitFor(() => expect(server.open).toHaveLength(1));
  server.open.shift()?.(Promise.reject(new TypeError("Failed to fetch")));
  await screen.findByText("The server cannot be reached");
});

test("keys move among pictures, and the address follows", async () => {
  show();
  await give("a.jpg", "b.jpg", "c.jpg");
  await screen.findByText("Picture 1 of 3");
  await userEvent.keyboard("jj");
  await screen.findByText("Picture 3 of 3");
  expect(screen.getByLabelText("address").textContent).toBe("?picture=3");
  await userEvent.keyboard("{ArrowLeft}");
  await screen.findByText("Picture 2 of 3");
});

test("strictness counts what changes", async () => {
  show("/tag?strictness=30");
  await tagOne();
  screen.getByText(/This picture: 0 more, 1 fewer tag\./);
  screen.getByText("no answer");
  await userEvent.click(screen.getByRole("button", { name: "Reset" }));
  await screen.findByText(/Moves every threshold/);
});

test("the verdict on an uploaded picture stays on the page, and can be taken back", async () => {
  show();
  await tagOne();
  const reject = screen.getByRole("button", { name: "Reject Red" });
  await userEvent.click(reject);
  expect(reject.getAttribute("aria-pressed")).toBe("true");
  screen.getByText("no answer");
  await userEvent.click(reject);
  expect(screen.queryByText("no answer")).toBeNull();
  expect(server.asked).toHaveLength(1);
});

test("the verdict on an item is sent, and again if it was refused", async () => {
  await showItem();
  await userEvent.click(screen.getByRole("button", { name: "Add Blue" }));
  await refuseNext();
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("1 verdict is not sent to the server: it needs a key");
  within(alert).getByRole("button", { name: "API key" });
  await userEvent.click(within(alert).getByRole("button", { name: "Send again" }));
  await waitFor(() => expect(server.open).toHaveLength(1));
  expect(await server.asked[3]?.json()).toEqual({
    kind: "tag",
    id: "shop/17",
    tag: "colour=Blue",
    verdict: "accept",
  });
  answerNext({ number: 1 }, 201);
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
});

test("a verdict that was refused stays unsent, whatever comes after it", async () => {
  await showItem();
  await userEvent.click(screen.getByRole("button", { name: "Reject Red" }));
  await refuseNext();
  await screen.findByText(/^1 verdict is not sent/);
  await userEvent.click(screen.getByRole("button", { name: "Add Blue" }));
  await waitFor(() => expect(server.open).toHaveLength(1));
  answerNext({ number: 1 }, 201);
  await userEvent.click(screen.getByRole("link", { name: "Health" }));
  expect(screen.queryByRole("alert")).toBeNull();
  await userEvent.click(screen.getByRole("link", { name: "Tag" }));
  await screen.findByText("1 verdict is not sent to the server: it needs a key");
});

test("a refused verdict that another answer replaced is no longer to be sent", async () => {
  await showItem();
  await userEvent.click(screen.getByRole("button", { name: "Accept Red" }));
  await refuseNext();
  await screen.findByRole("alert");
  await userEvent.click(screen.getByRole("button", { name: "Add Blue" }));
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
});

test("a picture is searched with, unless it was left while it was made small", async () => {
  show();
  await tagOne();
  const search = () => screen.getByRole("button", { name: "Search with this picture" });
  const end = (number: number) =>
    act(async () => {
      reducing[number]?.("QUJD");
      await new Promise((done) => setTimeout(done)); // whatever follows has happened
    });
  await userEvent.click(search());
  await userEvent.click(screen.getByRole("link", { name: "Health" }));
  await end(0);
  expect(screen.queryByText("Search")).toBeNull();
  await userEvent.click(screen.getByRole("link", { name: "Tag" }));
  await userEvent.click(search());
  await end(1);
  screen.getByText("Search");
});

test("browsers ask before pictures are lost, not those of items", async () => {
  const mayLeave = () => window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
  await showItem();
  expect(mayLeave()).toBe(true);
  await give("a.jpg");
  expect(mayLeave()).toBe(false);
  await userEvent.click(screen.getByRole("button", { name: "Remove this picture" }));
  await screen.findByText("Picture 1 of 1");
  expect(mayLeave()).toBe(true);
});

test("pictures that are removed release their object URLs", async () => {
  const made = vi.spyOn(URL, "createObjectURL");
  const released = vi.spyOn(URL, "revokeObjectURL");
  show();
  await give("a.jpg", "b.jpg");
  await userEvent.click(await screen.findByRole("button", { name: "Remove all" }));
  await screen.findByText("Drop pictures of clothing here");
  expect(released.mock.calls.flat()).toEqual(made.mock.results.map(({ value }) => value as string));
});
