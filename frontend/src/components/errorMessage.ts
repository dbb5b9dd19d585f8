import type { TFunction } from "i18next";
import { ApiError } from "@/api/client";

/** Returns what went wrong; of a broken connection browsers say no more than "Failed to fetch". */
export function errorMessage(error: Error, t: TFunction): string {
  return error instanceof ApiError ? error.message : t("common.error.unreachable");
}
