/** What doctor found. */

export const STATUSES = ["failure", "warning", "ok"] as const;
export type Status = (typeof STATUSES)[number];

export interface Finding {
  status: Status;
  what: string;
  advice: string;
}

// TODO
export interface DoctorReport {
  findings: Finding[];
}

/** Returns what needs care first; within a status the order stays. */
export function byUrgency(findings: readonly Finding[]): Finding[] {
  return STATUSES.flatMap((status) => findings.filter((finding) => finding.status === status));
}

export function countByStatus(findings: readonly Finding[]): Record<Status, number> {
  const counts = { failure: 0, warning: 0, ok: 0 };
  for (const { status } of findings) counts[status] += 1;
  return counts;
}
