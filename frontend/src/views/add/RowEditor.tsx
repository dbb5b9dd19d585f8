import { X } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { Thumbnail } from "@/components/Thumbnail";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import { MAX_CAPTION, type IdProblem } from "./proposals";
import { isUnderWay, type Row } from "./queue";
import { RowState } from "./RowState";
import { dispatch } from "./uploads";

interface Props {
  row: Row;
  problem: IdProblem | undefined;
}

/** One picture of the list; drawn again only when it changes itself. */
export const RowEditor = memo(function RowEditor({ row, problem }: Props) {
  const { t } = useTranslation();
  const { key, file, id, caption } = row;
  const isReady = row.progress.step === "ready";
  return (
    <li className="grid grid-cols-[auto_1fr_auto] items-start gap-x-3 gap-y-2 p-3 lg:grid-cols-[auto_minmax(12rem,18rem)_1fr_minmax(14rem,18rem)_2.25rem]">
      <div className="row-span-2 lg:row-span-1">
        <Thumbnail picture={file} side={56} />
      </div>
      {isReady ? (
        <>
          <Field
            label={t("add.row.id", { file: file.name })}
            hideLabel
            placeholder={t("add.row.idHeader")}
            value={id}
            problem={problem && t(`add.problems.${problem}`)}
            onChange={(event) =>
              dispatch({ type: "edited", key, change: { id: event.target.value } })
            }
            className="lg:pt-2.5"
          />
          <Field
            label={t("add.row.caption", { file: file.name })}
            hideLabel
            placeholder={t("add.row.captionHeader")}
            value={caption}
            maxLength={MAX_CAPTION}
            onChange={(event) =>
              dispatch({ type: "edited", key, change: { caption: event.target.value } })
            }
            className="col-start-2 lg:col-start-auto lg:pt-2.5"
          />
        </>
      ) : (
        <>
          <p className="font-medium wrap-anywhere lg:pt-4">{id}</p>
          <p className="text-muted col-start-2 wrap-anywhere lg:col-start-auto lg:pt-4">
            {caption}
          </p>
        </>
      )}
      <div className="col-start-2 lg:col-start-auto lg:pt-3.5">
        <RowState row={row} />
      </div>
      {!isUnderWay(row) && (
        <Button
          variant="quiet"
          size="icon"
          aria-label={t("add.row.remove", { file: file.name })}
          onClick={() => dispatch({ type: "removed", key })}
          className="col-start-3 row-start-1 lg:col-start-auto lg:row-start-auto lg:mt-2.5"
        >
          <X />
        </Button>
      )}
    </li>
  );
});
