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
  /** Loaded at once, not only when it comes near the window. */
  eager?: boolean;
  className?: string | undefined;
}

/** The picture of an item. */
export function ItemPicture({ url, alt, version, side, eager, className }: Props) {
  const address = `${url}?side=${side}${version === undefined ? "" : `&version=${version}`}`;
  const [refused, setRefused] = useState<string | null>(null);
  if (refused === address) {
    return <PictureWithKey address={address} alt={alt} className={className} />;
  }
  return (
    <img
      key={address} // the picture before is not shown for this one
      src={address}
      alt={alt}
      loading={eager ? "eager" : "lazy"}
      decoding="async"
      onError={() => setRefused(address)}
      className={clsx(PICTURE, className)}
    />
  );
}

const PICTURE = "bg-white object-contain";

/** An <img> sends no API key: where reading needs one, the picture is fetched with it. */
function PictureWithKey({
  address,
  alt,
  className,
}: Pick<Props, "alt" | "className"> & { address: string }) {
  const { t } = useTranslation();
  const key = useKey();
  const { data, isLoading } = useQuery({
    queryKey: ["picture", address, key],
    queryFn: ({ signal }) => fetchPicture(address, signal),
    enabled: key !== null,
    staleTime: Infinity,
    retry: false,
  });
  if (data !== undefined) return <img src={data} alt={alt} className={clsx(PICTURE, className)} />;
  return (
    <span
      role="img"
      aria-label={isLoading ? alt : t("common.picture.missing")}
      className={clsx("bg-raised text-muted grid place-items-center", className)}
    >
      {!isLoading && <ImageOff className="size-6" aria-hidden />}
    </span>
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
