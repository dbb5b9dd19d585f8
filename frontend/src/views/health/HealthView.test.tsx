import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { setKey } from "@/api/key";
import { queryClient } from "@/queryClient";
import { HealthView } from "./HealthView";

const FINGERPRINT = "d65567dee7df" + "0".repeat(52);
const HEALTH = {
  status: "ok",
  version: "0.1.0",
  encoder: "wardrobe-base",
  fingerprint: FINGERPRINT,
  dimension: 384,
  precision: "bf16",
  has_text: true,
  has_tags: false,
  zero_shot: false,
  index: { kind: "flat", count: 8083, fingerprint: FINGERPRINT },
};
const METRICS = [
  "# TYPE wardrobe_http_requests_total counter",
  'wardrobe_http_requests_total{method="GET",route="/search",status="200"} 1234',
  "# TYPE wardrobe_ready gauge",
  "wardrobe_ready 2",
].join("\n");
const FINDINGS = [
  { status: "ok", what: "settings are valid", advice: "" },
  { status: "failure", what: "the disk is full", advice: "make room" },
  { status: "warning", what: "HOST is 0.0.0.0", advice: "create a key" },
];

const refusal = (status: number, code: string, message: string) => () =>
  Response.json({ error: { code, message, detail: {} } }, { status });

let answers: Record<string, () => Response>;
const fetching = vi.hoisted(() => {
  const stub = vi.fn<(request: Request) => Promise<Response>>();
  globalThis.fetch = stub as typeof fetch; // the client takes it when it is imported
  return stub;
});

beforeEach(() => {
  answers = {
    "/healthz": () => Response.json(HEALTH),
    "/metrics": () => new Response(METRICS),
    "/admin/doctor": () => Response.json({ findings: FINDINGS }),
    "/admin/swap": refusal(403, "scope_too_small", "too small"),
  };
  fetching.mockImplementation((request) => {
    const answer = answers[new URL(request.url).pathname];
    return Promise.resolve(answer?.() ?? new Response(null, { status: 404 }));
  });
});

afterEach(() => {
  queryClient.clear();
  setKey(null);
});

function show() {
  render(
    <QueryClientProvider client={queryClient}>
      <HealthView />
    </QueryClientProvider>,
  );
}

const card = (name: string) => within(screen.getByRole("region", { name }));

test("what is served is told, and its whole fingerprint copied", async () => {
  const user = userEvent.setup();
  show();
  expect(await screen.findByText("8,083 items, flat")).toBeTruthy();
  expect(screen.getByText("Encoder and index agree")).toBeTruthy();
  expect(screen.getByText("not tag pictures")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Copy the fingerprint" }));
  expect(await navigator.clipboard.readText()).toBe(FINGERPRINT);
});

test("while the server starts its reason is shown, until it is ready", async () => {
  answers["/healthz"] = () =>
    Response.json(
      { error: { code: "not_ready", message: "not ready yet: warming up", detail: {} } },
      { status: 503, headers: { "Retry-After": "0" } },
    );
  show();
  expect(await screen.findByText(/warming up/)).toBeTruthy();
  answers["/healthz"] = () => Response.json(HEALTH);
  expect(await screen.findByText("wardrobe-base")).toBeTruthy();
  expect(screen.queryByText(/warming up/)).toBeNull();
});

test("figures since the start show at once, and what was never asked says so", async () => {
  show();
  await waitFor(() => card("Requests").getByText("1,234 overall"));
  expect(card("Queue and workers").getByText("2")).toBeTruthy();
  expect(screen.getByText(/^No searches yet/)).toBeTruthy();
  expect(
    card("Requests by route").getByRole("row", { name: /GET \/search .* 1,234/ }),
  ).toBeTruthy();
});

test("metrics that need a key ask for it", async () => {
  answers["/metrics"] = refusal(401, "key_required", "GET /metrics needs an API key");
  show();
  expect(await screen.findByText("GET /metrics needs an API key")).toBeTruthy();
});

test("without a key doctor is an invitation, with one of too small a scope it says so", async () => {
  show();
  expect(card("What doctor says").getByRole("button", { name: "API key" })).toBeTruthy();
  answers["/admin/doctor"] = refusal(403, "scope_too_small", "too small");
  setKey("wdr_read");
  await waitFor(() => card("What doctor says").getByText(/need one with scope admin/));
  expect(screen.queryByRole("alert")).toBeNull();
});

test("of a key that the server does not know, doctor says that and nothing of its scope", async () => {
  answers["/admin/doctor"] = refusal(401, "unknown_key", "the API key is unknown");
  setKey("wdr_revoked");
  show();
  await waitFor(() => card("What doctor says").getByText("the API key is unknown"));
  expect(screen.queryByText(/need one with scope admin/)).toBeNull();
});

test("doctor's failures come first, and it checks again when asked", async () => {
  const user = userEvent.setup();
  setKey("wdr_admin");
  show();
  const doctor = card("What doctor says");
  expect(await doctor.findByText("1 failure · 1 warning · 1 in order")).toBeTruthy();
  const found = doctor.getAllByRole("listitem").map((item) => item.textContent);
  expect(found[0]).toBe("Failurethe disk is fullmake room");
  expect(found[1]).toContain("HOST is 0.0.0.0");
  answers["/admin/doctor"] = () => Response.json({ findings: FINDINGS.slice(0, 1) });
  await user.click(doctor.getByRole("button", { name: "Check again" }));
  expect(await doctor.findByText("0 failures · 0 warnings · 1 in order")).toBeTruthy();
});
