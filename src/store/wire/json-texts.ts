/**
 * Cuts text that comes in pieces into the JSON objects it consists of, without looking into them. What is no object is cut at white space, and left
 * to whoever reads it.
 */
export class JsonTexts {
  #text = "";
  /** Of the text: looked at so far. */
  #at = 0;
  #open = 0;
  #isInString = false;

  /** Characters that are no whole object yet. */
  get length(): number {
    return this.#text.length;
  }

  /** The objects that `text` completes. */
  push(text: string): readonly string[] {
    this.#text += text;
    const whole: string[] = [];
    for (let end = this.#nextEnd(); end !== undefined; end = this.#nextEnd()) {
      const cut = this.#text.slice(0, end).trim();
      if (cut !== "") whole.push(cut);
      this.#text = this.#text.slice(end);
      this.#at = 0;
    }
    return whole;
  }

  /** What is left at the end; empty where that was the end of an object. */
  rest(): string {
    return this.#text.trim();
  }

  #nextEnd(): number | undefined {
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at++];
      if (this.#isInString) {
        if (char === "\\") this.#at++;
        else if (char === `"`) this.#isInString = false;
      } else if (char === "{") this.#open++;
      else if (this.#open === 0) {
        if (char === " " || char === "\n" || char === "\r" || char === "\t") return this.#at;
      } else if (char === `"`) this.#isInString = true;
      else if (char === "}" && --this.#open === 0) return this.#at;
    }
    return undefined;
  }
}
