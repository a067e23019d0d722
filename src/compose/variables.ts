/**
 * Variables in a compose file: `$NAME`, `${NAME}` with a default, a message or an alternative, `$$` for a dollar. A spec knows `${NAME}` and
 * `${NAME:-default}` in some of its texts, and `$${` for `${`; what it cannot say is filled in while the file is taken over.
 */
import { namesSecret } from "../core/secrets.js";

/** What variables are while the file is taken over. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Those of the file `.env` beside the compose file, which compose asks where the environment has none. */
  readonly dotEnv: Readonly<Record<string, string>>;
}

/** `here`: to be said of this place; `once`: of the first place with the same message; `problem`: the text cannot be read. */
export interface VariableRemark {
  readonly kind: "here" | "once" | "problem";
  readonly message: string;
}

interface Rendered {
  readonly text: string;
  readonly remarks: readonly VariableRemark[];
}

type Part = string | Variable;

interface Variable {
  readonly name: string;
  /** As it is written, for those that stay. */
  readonly operator: "" | ":-" | "-" | ":?" | "?" | ":+" | "+";
  readonly operand: readonly Part[];
}

/** Undefined where a `$` begins no variable. */
function partsOf(text: string): readonly Part[] | undefined {
  const { parts, end } = scan(text, 0, false);
  return end === text.length ? parts : undefined;
}

const named = /\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(:[-?+]|[-?+])?)/y;

/** From `start` to the end of the text, or of the braces it is `inside`; `end` is -1 where it cannot be read. */
function scan(text: string, start: number, inside: boolean): { readonly parts: readonly Part[]; readonly end: number } {
  const parts: Part[] = [];
  const unreadable = { parts, end: -1 };
  let at = start;
  while (at < text.length && !(inside && text[at] === "}")) {
    if (text[at] !== "$") {
      const next = text.slice(at).search(inside ? /[$}]/ : /\$/);
      const end = next === -1 ? text.length : at + next;
      parts.push(text.slice(at, end));
      at = end;
      continue;
    }
    named.lastIndex = at;
    const match = named.exec(text);
    if (match === null) return unreadable;
    const [whole, bare, braced, operator] = match;
    at += whole.length;
    if (bare !== undefined) parts.push({ name: bare, operator: "", operand: [] });
    else if (braced === undefined) parts.push("$");
    else {
      const operand = operator === undefined ? { parts: [], end: at } : scan(text, at, true);
      if (operand.end === -1 || text[operand.end] !== "}") return unreadable;
      parts.push({ name: braced, operator: (operator ?? "") as Variable["operator"], operand: operand.parts });
      at = operand.end + 1;
    }
  }
  return { parts, end: at };
}

const unreadable: VariableRemark = {
  kind: "problem",
  message: "has a $ that is neither $NAME, ${NAME} nor $$, which stands for a dollar",
};

/** The text as compose reads it now. */
export function fillIn(text: string, surroundings: Surroundings): Rendered {
  const parts = partsOf(text);
  if (parts === undefined) return { text, remarks: [unreadable] };
  const filled = fillParts(parts, surroundings);
  const names = [...new Set(variablesIn(parts))];
  if (names.length === 0) return { text: filled, remarks: [] };
  const message = `${names.join(", ")} filled in as of now, since only environment, build args and image take variables`;
  return { text: filled, remarks: [{ kind: "here", message }, ...missing(parts, surroundings)] };
}

function fillParts(parts: readonly Part[], surroundings: Surroundings): string {
  return parts.map((part) => (typeof part === "string" ? part : fillOne(part, surroundings))).join("");
}

function fillOne({ name, operator, operand }: Variable, surroundings: Surroundings): string {
  const value = valueOf(name, surroundings);
  const isThere = operator.startsWith(":") ? value !== undefined && value !== "" : value !== undefined;
  if (operator.endsWith("+")) return isThere ? fillParts(operand, surroundings) : "";
  if (operator.endsWith("-")) return isThere ? (value ?? "") : fillParts(operand, surroundings);
  return value ?? "";
}

function valueOf(name: string, { environment, dotEnv }: Surroundings): string | undefined {
  return environment[name] ?? (Object.hasOwn(dotEnv, name) ? dotEnv[name] : undefined);
}

/** What compose would not go on without. */
function missing(parts: readonly Part[], surroundings: Surroundings): readonly VariableRemark[] {
  return parts.flatMap((part): readonly VariableRemark[] => {
    if (typeof part === "string" || !part.operator.endsWith("?")) return [];
    const value = valueOf(part.name, surroundings);
    if (value !== undefined && !(part.operator === ":?" && value === "")) return [];
    const why = fillParts(part.operand, surroundings);
    return [{ kind: "problem", message: `the variable ${part.name} is not set${why === "" ? "" : `: ${why}`}` }];
  });
}

function variablesIn(parts: readonly Part[]): readonly string[] {
  return parts.flatMap((part) => (typeof part === "string" ? [] : [part.name, ...variablesIn(part.operand)]));
}

/** The text for a part of a spec in which `devious up` fills in variables; `escape` is what else that part would take for its own. */
export function keepVariables(text: string, surroundings: Surroundings, escape: (text: string) => string): Rendered {
  const parts = partsOf(text);
  if (parts === undefined) return { text, remarks: [unreadable] };
  const remarks: VariableRemark[] = [];
  let kept = "";
  for (const part of joined(parts)) {
    if (typeof part === "string") {
      kept += literal(escape(part));
      continue;
    }
    const { written, remarks: said } = keepOne(part, surroundings);
    // behind a dollar the variable would no longer be one
    const canStay = written !== undefined && !kept.endsWith("$");
    remarks.push(...(canStay ? said : [filledNow(part)]));
    kept += canStay ? written : literal(escape(fillOne(part, surroundings)));
  }
  return { text: kept, remarks };
}

/** Neighbouring texts as one, so that `$` and `{` of two parts meet before {@link literal} looks. */
function joined(parts: readonly Part[]): readonly Part[] {
  return parts.reduce<Part[]>((all, part) => {
    const last = all.at(-1);
    return typeof part === "string" && typeof last === "string" ? [...all.slice(0, -1), last + part] : [...all, part];
  }, []);
}

/** As a spec writes a text without variables. */
function literal(text: string): string {
  return text.replaceAll("${", () => "$${");
}

function filledNow(part: Variable): VariableRemark {
  return {
    kind: "here",
    message: `${variablesIn([part]).join(", ")} filled in as of now: a spec has only \${NAME} and \${NAME:-default}`,
  };
}

interface Kept {
  /** Undefined: it has to be filled in. */
  readonly written: string | undefined;
  readonly remarks: readonly VariableRemark[];
}

function keepOne(variable: Variable, surroundings: Surroundings): Kept {
  const { name, operator, operand } = variable;
  const inDotEnv = Object.hasOwn(surroundings.dotEnv, name) ? surroundings.dotEnv[name] : undefined;
  if (operator.endsWith("+")) return { written: undefined, remarks: [] };
  if (inDotEnv !== undefined && inDotEnv !== "" && !namesSecret(name) && !/[{}$]/.test(inDotEnv)) {
    const message = `${name} has its value of .env as its default, since \`devious up\` does not read that file for variables`;
    return { written: `\${${name}:-${inDotEnv}}`, remarks: [{ kind: "once", message }] };
  }
  if (operator.endsWith("-")) {
    const [otherwise = "", ...more] = joined(operand);
    if (more.length > 0 || typeof otherwise !== "string" || /[{}$]/.test(otherwise)) return { written: undefined, remarks: [] };
    const message = `${name} has its default where it is empty too`;
    return {
      written: `\${${name}:-${otherwise}}`,
      remarks: operator === "-" ? [{ kind: "here", message }] : [],
    };
  }
  return { written: `\${${name}}`, remarks: remarksOnBare(variable, inDotEnv, surroundings) };
}

function remarksOnBare({ name, operator }: Variable, inDotEnv: string | undefined, { environment }: Surroundings) {
  const once = (message: string): VariableRemark => ({ kind: "once", message });
  if (inDotEnv !== undefined) {
    return [once(`${name} is in .env, which \`devious up\` does not read for variables: set it in the environment`)];
  }
  if (operator !== "") return [once(`${name} must be set for \`devious up\`, which has its own words for it, and may be empty`)];
  return environment[name] === undefined
    ? [once(`${name} must be set for \`devious up\`, where compose takes one that is not set for empty`)]
    : [];
}
