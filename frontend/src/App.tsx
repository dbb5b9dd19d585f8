/** The addresses of the page; each is also in `wardrobe/serving/page.py`, which answers them. */
import { lazy } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { Layout } from "./components/Layout";
import { SearchView } from "./views/search/SearchView";

const TagView = lazy(async () => ({ default: (await import("./views/tag/TagView")).TagView }));
const ItemView = lazy(async () => ({ default: (await import("./views/item/ItemView")).ItemView }));
const AddView = lazy(async () => ({ default: (await import("./views/add/AddView")).AddView }));
const HealthView = lazy(async () => ({
  default: (await import("./views/health/HealthView")).HealthView,
}));

export function App() {
  return (
    // Without transitions the address and what is shown change together: before the next key.
    <BrowserRouter useTransitions={false}>
      <Routes>
        <Route element={<Layout />}>
          <Route path="/" element={<SearchView />} />
          <Route path="/tag" element={<TagView />} />
          <Route path="/item" element={<ItemView />} />
          <Route path="/add" element={<AddView />} />
          <Route path="/health" element={<HealthView />} />
        </Route>
      </Routes>
    </BrowserRouter>
  );
}
