import { useQuery } from "@tanstack/react-query";
import { ImageOff } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { errorOf, keyHeaders } from "@/api/client";
import { useKey } from "@/api/key";
import { clsx } from "clsx";

interface Props {
  /** `image_url` of an item. */
  url: string;
  alt: string;
  /** `etag` of the item: another version may have another picture. */
  version?: string;
  /** Pixels a side at most. */
  side: number;
  className?: string;
}

/** The picture of an item. */
export function ItemPicture({ url, alt, version, side, className }: Props) {
  const { t } = useTranslation();
  const address = `${url}?side=${side}${version === undefined ? "" : `&version=${version}`}`;
  const [refused, setRefused] = useState<string | null>(null);
  const key = useKey();
  // An <img> sends no API key: where reading needs one, the picture is fetched with it.
  const fetched = useQuery({
    queryKey: ["picture", address, key],
    queryFn: ({ signal }) => fetchPicture(address, signal),
    enabled: refused === address && key !== null,
    staleTime: Infinity,
    retry: false,
  });
  const source = refused === address ? fetched.data : address;
  if (source === undefined) {
    return (
      <span
        role="img"
        aria-label={fetched.isLoading ? alt : t("common.picture.missing")}
        className={clsx("bg-raised text-muted grid place-items-center", className)}
      >
        {!fetched.isLoading && <ImageOff className="size-6" aria-hidden />}
      </span>
    );
  }
  return (
    <img
      src={source}
      alt={alt}
      loading="lazy"
      decoding="async"
      onError={() => setRefused(address)}
      className={clsx("bg-white object-contain", className)}
    />
  );
}

async function fetchPicture(address: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(address, { headers: keyHeaders(), signal });
  if (!response.ok) throw errorOf(response, null);
  return readAsUrl(await response.blob());
}

function readAsUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error ?? new Error("unreadable"));
    reader.readAsDataURL(blob);
  });
}
