/** The addresses of the page; each is also in `wardrobe/serving/page.py`, which answers them. */
import { createBrowserRouter } from "react-router";
import { Defect } from "./components/Defect";
import { Layout } from "./components/Layout";
import { NotFound } from "./components/NotFound";
import { SearchView } from "./views/search/SearchView";

export const router = createBrowserRouter([
  {
    element: <Layout />,
    errorElement: <Defect />,
    children: [
      { path: "/", element: <SearchView /> },
      {
        path: "/tag",
        lazy: async () => ({ Component: (await import("./views/tag/TagView")).TagView }),
      },
      {
        path: "/item",
        lazy: async () => ({ Component: (await import("./views/item/ItemView")).ItemView }),
      },
      {
        path: "/add",
        lazy: async () => ({ Component: (await import("./views/add/AddView")).AddView }),
      },
      {
        path: "/health",
        lazy: async () => ({ Component: (await import("./views/health/HealthView")).HealthView }),
      },
      { path: "*", element: <NotFound /> },
    ],
  },
]);
