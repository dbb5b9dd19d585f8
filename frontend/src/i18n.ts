/** Texts of the page; a translation is another folder beside `locales/en`, added here. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./locales/en";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

void i18next.use(initReactI18next).init({
  lng: "en",
  resources: { en: { translation: en } },
  showSupportNotice: false, // an advertisement in the console
  interpolation: { escapeValue: false }, // React escapes
});
