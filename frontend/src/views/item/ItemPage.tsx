import { Pencil, ScanSearch, Tags } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { likeAddress, tagAddress } from "@/addresses";
import type { Item } from "@/api/types";
import { CopyButton } from "@/components/CopyButton";
import { ItemPicture } from "@/components/ItemPicture";
import { KeyedButton } from "@/components/KeyedButton";
import { Page } from "@/components/Page";
import { Button } from "@/components/ui/Button";
import { itemName } from "@/names";
import { EditItem } from "./EditItem";
import { MetadataTable } from "./MetadataTable";
import { Neighbours } from "./Neighbours";
import { RemoveItem } from "./RemoveItem";
import { TagList } from "./TagList";

interface Props {
  item: Item;
  onRemoved: (name: string) => void;
}

/** An item with all that is known of it. */
export function ItemPage({ item, onRemoved }: Props) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  const [saved, setSaved] = useState(false);
  const name = itemName(item);
  return (
    <Page title={name} hideTitle>
      <div className="grid gap-6 md:grid-cols-2 lg:gap-10">
        <ItemPicture
          url={item.image_url}
          version={item.etag}
          alt={t("common.picture.of", { name })}
          side={1024}
          className="border-line h-[45dvh] w-full self-start rounded-2xl border md:sticky md:top-20 md:h-[min(75dvh,46rem)]"
        />
        <div className="flex min-w-0 flex-col gap-6">
          <header className="flex flex-col gap-2">
            {/* The page's heading says it to screen readers. */}
            <p className="text-2xl font-semibold tracking-tight wrap-anywhere" aria-hidden>
              {name}
            </p>
            <CopyableId id={item.id} />
          </header>
          {editing ? (
            <EditItem
              item={item}
              onClose={(wasSaved) => {
                setEditing(false);
                setSaved(wasSaved);
              }}
            />
          ) : (
            <>
              <Actions
                item={item}
                name={name}
                onEdit={() => setEditing(true)}
                onRemoved={onRemoved}
              />
              <TagList item={item} />
              <MetadataTable metadata={item.metadata} />
            </>
          )}
          <p role="status" className="sr-only">
            {saved && !editing ? t("item.edit.saved") : ""}
          </p>
        </div>
      </div>
      <Neighbours item={item} />
    </Page>
  );
}

function CopyableId({ id }: { id: string }) {
  const { t } = useTranslation();
  return (
    <p className="text-muted flex items-center gap-2">
      <span>{t("item.id")}</span>
      <code className="bg-raised text-ink rounded-md px-2 py-1 select-all wrap-anywhere">{id}</code>
      <CopyButton text={id} label={t("item.copy")} />
    </p>
  );
}

interface ActionsProps {
  item: Item;
  name: string;
  onEdit: () => void;
  onRemoved: (name: string) => void;
}

function Actions({ item, name, onEdit, onRemoved }: ActionsProps) {
  const { t } = useTranslation();
  return (
    <div role="group" aria-label={t("item.actions.label")} className="flex flex-wrap gap-2">
      <Button asChild variant="primary">
        <Link to={likeAddress(item.id)}>
          <ScanSearch aria-hidden />
          {t("item.actions.like")}
        </Link>
      </Button>
      <Button asChild>
        <Link to={tagAddress(item.id)}>
          <Tags aria-hidden />
          {t("item.actions.tag")}
        </Link>
      </Button>
      <KeyedButton onClick={onEdit}>
        <Pencil aria-hidden />
        {t("item.actions.edit")}
      </KeyedButton>
      <RemoveItem item={item} name={name} onRemoved={() => onRemoved(name)} />
    </div>
  );
}
