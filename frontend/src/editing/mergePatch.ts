/** JSON Merge Patch (RFC 7396), in which `PATCH /items/{id}` takes changes. */

type JsonObject = Record<string, unknown>;

/** Returns what changes `from` into `to`; undefined if they are the same. */
export function mergePatch(from: unknown, to: unknown): unknown {
  if (!isObject(from) || !isObject(to)) return same(from, to) ? undefined : to;
  const removed = Object.keys(from).filter((key) => !Object.hasOwn(to, key));
  const changed = Object.entries(to)
    .map(([key, value]) => [key, mergePatch(own(from, key), value)] as const)
    .filter(([, change]) => change !== undefined);
  const patch = [...removed.map((key) => [key, null] as const), ...changed];
  return patch.length === 0 ? undefined : Object.fromEntries(patch);
}

export function applyPatch(to: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(isObject(to) ? Object.entries(to) : []);
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) merged.delete(key);
    else merged.set(key, applyPatch(merged.get(key), change));
  }
  return Object.fromEntries(merged);
}

/** Whether `to` has a null that `from` has not: a merge patch cannot say so. */
export function addsNull(from: unknown, to: unknown): boolean {
  if (to === null) return from !== null;
  return isObject(to) && Object.entries(to).some(([key, value]) => addsNull(own(from, key), value));
}

/** Whether two JSON values are equal, whatever the order of keys. */
export function same(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, index) => same(value, other[index]));
  }
  if (isObject(one) && isObject(other)) {
    const keys = Object.keys(one);
    return (
      keys.length === Object.keys(other).length &&
      keys.every((key) => Object.hasOwn(other, key) && same(one[key], other[key]))
    );
  }
  return one === other;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function own(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
