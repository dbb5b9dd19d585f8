/** The addresses of the page; each is also in `wardrobe/serving/page.py`, which answers them. */
import { BrowserRouter, Route, Routes } from "react-router";
import { Layout } from "./components/Layout";
import { LoadedView } from "./components/LoadedView";
import { SearchView } from "./views/search/SearchView";

/** Loaded when they are opened. */
const loadTag = async () => (await import("./views/tag/TagView")).TagView;
const loadItem = async () => (await import("./views/item/ItemView")).ItemView;
const loadAdd = async () => (await import("./views/add/AddView")).AddView;
const loadHealth = async () => (await import("./views/health/HealthView")).HealthView;

export function App() {
  return (
    // Without transitions the address and what is shown change together: before the next key.
    <BrowserRouter useTransitions={false}>
      <Routes>
        <Route element={<Layout />}>
          <Route path="/" element={<SearchView />} />
          <Route path="/tag" element={<LoadedView name="tag" load={loadTag} />} />
          <Route path="/item" element={<LoadedView name="item" load={loadItem} />} />
          <Route path="/add" element={<LoadedView name="add" load={loadAdd} />} />
          <Route path="/health" element={<LoadedView name="health" load={loadHealth} />} />
        </Route>
      </Routes>
    </BrowserRouter>
  );
}
