import type { components } from "./schema";

type Schemas = components["schemas"];

export type Item = Schemas["ItemResponse"];
export type FoundItem = Schemas["FoundItem"];
export type Tag = Schemas["Tag"];
export type Prediction = Schemas["Prediction"];
export type SearchRequest = Schemas["SearchParameters"];
export type QueryPart = Schemas["QueryPart"];
export type SearchResponse = Schemas["SearchResponse"];
export type FacetResponse = Schemas["FacetResponse"];
export type FacetValue = Schemas["FacetValue"];
export type Finding = Schemas["Finding"];
export type Health = Schemas["Health"];
export type ErrorResponse = Schemas["ErrorResponse"];
