import { Bug } from "lucide-react";
import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Notice } from "./Notice";
import { Button } from "./ui/Button";

/** Shows a notice in place of children that fail to render. */
export class DefectBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Defect /> : this.props.children;
  }
}

function Defect() {
  const { t } = useTranslation();
  return (
    <div role="alert">
      <Notice
        icon={Bug}
        title={t("common.error.defect")}
        action={<Button onClick={() => window.location.reload()}>{t("common.reload")}</Button>}
      >
        {t("common.error.defectAdvice")}
      </Notice>
    </div>
  );
}
