/** What doctor found, in the order in which it needs care. */
import type { Finding } from "@/api/types";

type Status = Finding["status"];

const STATUSES: readonly Status[] = ["failure", "warning", "ok"];

/** Returns what needs care first; within a status the order stays. */
export function byUrgency(findings: readonly Finding[]): Finding[] {
  return STATUSES.flatMap((status) => findings.filter((finding) => finding.status === status));
}

export function countByStatus(findings: readonly Finding[]): Record<Status, number> {
  const counts = { failure: 0, warning: 0, ok: 0 };
  for (const { status } of findings) counts[status] += 1;
  return counts;
}
