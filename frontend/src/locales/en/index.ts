import { add } from "./add";
import { common } from "./common";
import { editing } from "./editing";
import { health } from "./health";
import { item } from "./item";
import { search } from "./search";
import { tag } from "./tag";

export const en = { common, editing, search, tag, item, add, health };
