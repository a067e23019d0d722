import { jsonBytes } from "./json.js";
import type { Json } from "./json.js";
import type { Header, HttpResponse } from "./message.js";

export const jsonType: Header = ["Content-Type", "application/json"];

export function jsonResponse(status: number, value: Json, headers: readonly Header[] = []): HttpResponse {
  return { status, headers: [...headers, jsonType], body: jsonBytes(value) };
}
