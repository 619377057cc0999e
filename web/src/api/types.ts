/** The documents of the REST API, and the table of its calls that the client checks every use against. */
import type { Labels } from '../i18n';

export type Json = string | number | boolean | null | undefined | Json[] | { [name: string]: Json };
/** What a field of a record holds: as the API writes it (decimals are text). */
export type Value = Json;
export type Ref = { id: number; title?: string };
export type Row = { id: number; version: number; [name: string]: Value };

export type TypeName =
  | 'text'
  | 'long_text'
  | 'integer'
  | 'decimal'
  | 'money'
  | 'percent'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'choice'
  | 'choices'
  | 'relation'
  | 'relations'
  | 'lines'
  | 'email'
  | 'phone'
  | 'url'
  | 'address'
  | 'auto_number'
  | 'formula'
  | 'lookup'
  | 'rollup'
  | 'person'
  | 'department'
  | 'file'
  | 'json';

export type Color = 'gray' | 'red' | 'orange' | 'yellow' | 'green' | 'teal' | 'blue' | 'violet' | 'pink';
export type Option = { code: string; labels?: Labels; color?: Color; when?: string[] };

export type Field = {
  id?: number;
  module_id?: number;
  name: string;
  type: TypeName;
  labels?: Labels;
  help?: Labels;
  group?: Labels;
  required?: boolean;
  unique?: boolean;
  readonly?: boolean;
  search?: boolean;
  default?: Json;
  visible_when?: string;
  required_when?: string;
  max_length?: number;
  pattern?: string;
  pattern_message?: Labels;
  scale?: number;
  min?: Json;
  max?: Json;
  currency?: string;
  currency_field?: string;
  options?: Option[];
  depends_on?: string;
  stage?: boolean;
  module?: string;
  via?: string;
  where?: string;
  formula?: string;
  result?: TypeName;
  path?: string;
  multiple?: boolean;
};
export type RecordType = {
  code: string;
  labels?: Labels;
  fields?: string[];
  required?: string[];
  options?: { [field: string]: string[] };
};
export type Related = { name: string; labels?: Labels; module: string; via: string };
export type Access = 'none' | 'read' | 'write';
export type Rights = { create?: boolean; update?: boolean; delete?: boolean; fields?: { [field: string]: Access } };
export type Module = {
  name: string;
  labels?: Labels;
  plural?: Labels;
  help?: Labels;
  icon?: string;
  group?: string;
  order?: number;
  title?: string;
  subtitle?: string;
  line?: boolean;
  system?: boolean;
  fields: Field[];
  record_types?: RecordType[];
  related?: Related[];
  rights?: Rights;
};

export type Me = {
  user: {
    id: number;
    name: string;
    email: string;
    locale?: string | null;
    roles?: string[];
    partner?: Ref | null;
    admin?: boolean;
  };
  workspace: { name: string; zone: string; currency: string; locale?: string; fiscal_start?: number };
};
export type View = {
  id: number;
  name: string;
  module: string;
  labels?: Labels;
  columns?: string[];
  where?: string;
  sort?: string;
  type?: string;
  shared?: boolean;
  default?: boolean;
};
export type Change = { field: string; from: Value; to: Value };
export type HistoryEntry = {
  seq: number;
  at: string;
  actor?: Ref | null;
  way: string;
  op: 'create' | 'update' | 'delete' | 'restore';
  version: number;
  changes: Change[];
};
export type Hit = { module: string; id: number; title: string; field?: string; text?: string };

export type Query = {
  from: string;
  where?: string;
  group?: { [name: string]: string };
  select?: { [name: string]: string };
  having?: string;
  sort?: string;
  limit?: number;
  totals?: boolean;
};
export type Column = { name: string; type: string; label?: string; labels?: Labels };
export type Table = { columns: Column[]; rows: Value[][]; totals?: Value[][]; took_ms?: number; engine?: string };

/**
 * A query of a tile. `period` names the date that the page's period narrows; `window` says to what: the period itself,
 * the same one a year before ("year_before"), or at least the twelve months up to its end ("trend").
 */
export type TileQuery = Query & { period?: string; window?: 'period' | 'year_before' | 'trend' };
export type Tile = {
  name: string;
  type: 'kpi' | 'line' | 'bar' | 'table' | 'attainment';
  labels?: Labels;
  queries: { [name: string]: TileQuery };
  by?: string;
  show?: string[];
  sort?: string;
  limit?: number;
  /** Labels of columns that are not among the known measures, and what they are where the query cannot know. */
  names?: { [column: string]: Labels };
  types?: { [column: string]: TypeName };
  /** The list that a press opens: "agreement/expiring". */
  view?: string;
  height?: number;
  width?: number;
};
export type Dashboard = { name: string; labels?: Labels; default?: boolean; tiles: Tile[] };

export type Problem = { field: string; message: string; code?: string };
export type ProblemDocument = {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  problems?: Problem[];
  current?: Row;
  trace?: string;
};

type Call<Path, Search, Body, Answer> = { path: Path; query: Search; body: Body; answer: Answer };
type None = Record<never, never>;
type InModule = { m: string };
type OfRecord = { m: string; id: number };
export type RecordSearch = {
  where?: string;
  q?: string;
  sort?: string;
  fields?: string;
  limit?: number;
  cursor?: string;
  count?: boolean;
  deleted?: boolean;
  ids?: string;
};
export type RecordPage = { records: Row[]; next: string | null; total?: number };

export type Api = {
  'GET /me': Call<None, None, never, Me>;
  'PATCH /me': Call<None, None, { locale?: string; name?: string }, Me>;
  'POST /me/password': Call<None, None, { old: string; new: string }, undefined>;
  'POST /session': Call<None, None, { email: string; password: string }, Me>;
  'DELETE /session': Call<None, None, never, undefined>;
  'GET /modules': Call<None, None, never, { modules: Module[]; version: number }>;
  'GET /records/{m}': Call<InModule, RecordSearch, never, RecordPage>;
  'POST /records/{m}': Call<InModule, None, { [name: string]: Value }, Row>;
  'GET /records/{m}/{id}': Call<OfRecord, { fields?: string }, never, Row>;
  'PATCH /records/{m}/{id}': Call<OfRecord, None, { [name: string]: Value }, Row>;
  'DELETE /records/{m}/{id}': Call<OfRecord, None, never, undefined>;
  'POST /records/{m}/{id}/restore': Call<OfRecord, None, never, Row>;
  'GET /records/{m}/{id}/history': Call<
    OfRecord,
    { cursor?: string; limit?: number },
    never,
    { history: HistoryEntry[]; next: string | null }
  >;
  'GET /search': Call<None, { q: string; modules?: string; limit?: number }, never, { hits: Hit[] }>;
  'GET /views': Call<None, { module: string }, never, { views: View[] }>;
  'POST /views': Call<None, None, Omit<View, 'id'>, View>;
  'PATCH /views/{id}': Call<{ id: number }, None, Partial<View>, View>;
  'DELETE /views/{id}': Call<{ id: number }, None, never, undefined>;
  'GET /dashboards': Call<None, None, never, { dashboards: Array<Omit<Dashboard, 'tiles'>> }>;
  'GET /dashboards/{name}': Call<{ name: string }, None, never, Dashboard>;
  'POST /query': Call<None, None, Query, Table>;
  'POST /formula': Call<
    None,
    None,
    { formula: string; module?: string; id?: number; record?: { [name: string]: Value } },
    { value: Value; type: string }
  >;
};
