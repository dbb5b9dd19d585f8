import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { ApiError } from "@/api/client";
import type { Row } from "./queue";
import { RowState } from "./RowState";

test.each([
  [new ApiError(400, "unreadable_picture", "it is truncated"), "it is truncated"],
  [new TypeError("Failed to fetch"), "The server cannot be reached"],
])("a failed picture says why: %s", (error, reason) => {
  const row: Row = {
    key: 0,
    file: new File(["x"], "a.jpg"),
    id: "a",
    caption: "",
    progress: { step: "failed", error },
    shared: {},
    mayReplace: false,
    retries: 0,
  };
  render(<RowState row={row} />);
  expect(screen.getByText(reason)).toBeTruthy();
});
