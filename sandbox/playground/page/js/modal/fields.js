// The fields of a form. Each has an `element`, a `customId`, `value()`, `check()` (whether it may be
// sent; it says what is wrong) and `focus()`.

import { el } from "../dom.js";
import { choicesOf } from "../messages/select.js";
import { Picker } from "../picker.js";
import { say } from "../words.js";
import { FileUpload } from "./file-upload.js";
import { Labelled } from "./labelled.js";
import { CheckboxGroup, RadioGroup, SingleCheckbox } from "./marks.js";

const PARAGRAPH = 2;
const TEXT_MAX = 4000;

/** Return the field of a form component, or null where the kind is unknown. */
export function fieldOf(component, words, context) {
  const Kind = KINDS[component.type];
  return Kind ? new Kind(component, words, context) : null;
}

class TextInput extends Labelled {
  #control;

  constructor(component, words) {
    super(component, words);
    const { style, placeholder, value, max_length: high } = component;
    const long = style === PARAGRAPH;
    this.#control = el(long ? "textarea" : "input", { id: this.id, placeholder, value, maxLength: high ?? TEXT_MAX, autocomplete: "off" });
    if (long) this.#control.rows = 4;
    else this.#control.type = "text";
    this.build(this.#control);
  }

  value() {
    return this.#control.value;
  }

  problem() {
    const { length } = [...this.#control.value];
    const low = this.component.min_length ?? 0;
    if (!length) return this.required ? say("rule.required") : "";
    return length < low ? say("rule.short", { low }) : "";
  }
}

class Select extends Labelled {
  #picker;

  constructor(component, words, { state }) {
    super(component, words);
    const options = choicesOf(component, state);
    const { min_values: low, max_values: high, placeholder } = component;
    this.high = high ?? 1;
    this.low = low ?? 1;
    this.#picker = new Picker({
      label: placeholder ?? say("select.placeholder"),
      labelledBy: this.labelId,
      options,
      low: this.low,
      high: this.high,
      picked: options.filter((option) => option.default),
      onPick: () => this.check(),
    });
    this.#picker.button.id = this.id;
    this.build(this.#picker.element, this.#picker.button);
  }

  value() {
    return this.#picker.picked.map(({ value }) => value);
  }

  problem() {
    const { length } = this.#picker.picked;
    if (!length) return this.required ? say("rule.choose") : "";
    return length < this.low ? say("rule.few", { low: this.low }) : "";
  }
}

const KINDS = {
  3: Select,
  4: TextInput,
  5: Select,
  6: Select,
  7: Select,
  8: Select,
  19: FileUpload,
  21: RadioGroup,
  22: CheckboxGroup,
  23: SingleCheckbox,
};
