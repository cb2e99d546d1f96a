/* How each kind of clause reads as a sentence of controls, what a new one begins with, and what is still missing of one.
   Operators, operands, calendar windows and metrics come from the server's description of the language. */
window.RuleClauses = (() => {
  const { word, choice, number, date, text, button, combo, chips, said } = window.RuleControls;
  const { get } = window.RuleTree;
  const GROUPS = { value: "The same", values: "The same", ordered: "More or less", pair: "More or less", text: "Part of a text", nothing: "Known or not", date: "Dates", period: "Dates", "days of a year": "Dates" };
  const DAYS = new Set(["period", "days of a year"]);
  const TIMES = [["gte", "at least"], ["lte", "at most"], ["eq", "exactly"], ["between", "between"], ["never", "never"]];
  const VERBS = [["bought", "bought"], ["viewed", "viewed"], ["added", "added to the cart"]];
  const FACETS = [["category", "of category"], ["brand", "of brand"], ["product_id", "that is"], ["attribute", "with"]];
  const nothing = async () => ({ items: [] });

  /** What a kind of clause is called, and the JSON a new one begins with. */
  const KINDS = [
    { key: "did", words: "Did something", hint: "an event, how often, when", blank: { did: "" } },
    { key: "did_not", node: "did", words: "Did not do something", hint: "an event that never happened, or not lately", blank: { did: "", count: { eq: 0 } } },
    { key: "product", node: "bought", words: "Bought, viewed or added products", hint: "by category, brand or product", blank: { bought: { category: [] } } },
    { key: "metric", words: "Figure over events", hint: "total, average, number of different, first, last", blank: { metric: "sum", of: "", event: "", is: "gte" } },
    { key: "sequence", words: "Steps in order", hint: "one thing, then another, or not", blank: { sequence: [{ did: "" }, { did: "", after: { days: 1 } }] } },
    { key: "trait", words: "Trait", hint: "what is known of the person, RFM and computed traits too", blank: { trait: "", is: "eq" } },
    { key: "score", words: "Score", hint: "what a model says", blank: { score: "", is: "gte" } },
    { key: "in_segment", words: "Is in a segment", hint: "another rule, by name", blank: { in_segment: "" } },
    { key: "in_list", words: "Is on a list", hint: "uploaded people, or a snapshot", blank: { in_list: "" } },
    { key: "consent", words: "Allows or refuses", hint: "consent to a purpose", blank: { consent: "", is: "granted" } },
    { key: "has", words: "Can be reached or is known by", hint: "e-mail, phone, user id", blank: { has: "email" } },
  ];

  const kindOf = (raw) => {
    if (raw === null || typeof raw !== "object" || Array.isArray(raw)) return "unknown";
    if (VERBS.some(([verb]) => verb in raw)) return "product";
    for (const key of ["metric", "sequence", "did", "trait", "score", "in_segment", "in_list", "consent", "has"]) if (key in raw) return key;
    return "unknown";
  };

  const make = (language) => {
    const operators = new Map(language.operators.map((one) => [one.name, one]));
    const calendar = language.calendar || [];
    const understood = new Set(language.nodes.map((one) => one.key));

    const operatorOptions = () => {
      const grouped = new Map();
      for (const one of language.operators) {
        const group = GROUPS[one.takes] || "Others";
        grouped.set(group, [...(grouped.get(group) || []), [one.name, one.words]]);
      }
      return [...grouped];
    };

    /** The operand an operator keeps of the one before it. */
    const carried = (value, before, now) => {
      if (!now || now === "nothing" || value === undefined) return undefined;
      if (before === now) return value;
      const single = before === "values" ? value[0] : value;
      if (now === "values") return single === undefined || typeof single === "object" ? [] : [single];
      if (["value", "ordered", "text"].includes(now) && ["value", "values", "ordered", "text"].includes(before)) return now === "text" && single !== undefined ? String(single) : single;
      return DAYS.has(now) ? { days: value?.days || 30 } : undefined;
    };

    const operatorChoice = (ctx, keys) => choice({
      key: ctx.key([...keys, "is"]), label: "How it compares", value: get(ctx.raw, [...keys, "is"]), options: operatorOptions(),
      onChange: (name) => {
        const before = operators.get(get(ctx.raw, [...keys, "is"])), now = operators.get(name), old = get(ctx.raw, [...keys, "value"]);
        const value = carried(old, before?.takes, now?.takes);
        ctx.change([[[...keys, "is"], name], [[...keys, "value"], value === undefined && DAYS.has(now?.takes) ? { days: 30 } : value]], ctx.key([...keys, "is"]));
      },
    });

    const operand = (ctx, keys, ask) => {
      const at = [...keys, "value"], value = get(ctx.raw, at), takes = operators.get(get(ctx.raw, [...keys, "is"]))?.takes;
      const one = (each, label) => combo({ key: ctx.key(each), label, value: get(ctx.raw, each), ask, placeholder: "value", onPick: (picked) => ctx.set(each, picked === "" ? undefined : picked) });
      switch (takes) {
        case undefined: case "nothing": return [];
        case "values": return [chips({ key: ctx.key(at), label: "Values", values: Array.isArray(value) ? value : [], ask, onChange: (list, focus) => ctx.set(at, list, { focus }) })];
        case "pair": return [one([...at, 0], "From"), word("and"), one([...at, 1], "To")];
        case "text": return [text({ key: ctx.key(at), label: "Text", value, placeholder: "text", onInput: (typed) => ctx.type(at, typed === "" ? undefined : typed) })];
        case "date": return [date({ key: ctx.key(at), label: "Date", value, onInput: (typed) => ctx.type(at, typed || undefined) })];
        case "period": case "days of a year": return [number({ key: ctx.key([...at, "days"]), label: "Days", min: 1, value: value?.days, onInput: (typed) => ctx.type([...at, "days"], typed) }), word(value?.days === 1 ? "day" : "days")];
        case "value": case "ordered": return [one(at, "Value")];
        default: return [text({ key: ctx.key(at), label: "Operand as JSON", value: value === undefined ? "" : JSON.stringify(value), onInput: (typed) => { try { ctx.type(at, JSON.parse(typed)); } catch { ctx.type(at, typed); } } })];
      }
    };

    const condition = (ctx, keys, ask) => [operatorChoice(ctx, keys), ...operand(ctx, keys, ask)];

    const eventPick = (ctx, keys, label = "Event") => combo({
      key: ctx.key(keys), label, value: get(ctx.raw, keys), words: get(ctx.raw, keys) === "*" ? "anything" : undefined, plain: true, placeholder: "choose an event",
      ask: (typed) => ctx.ask("events", { q: typed }), onPick: (value) => ctx.set(keys, value),
    });

    /** Lines "where property is value", for a clause whose event stands at `event`. */
    const where = (ctx, keys, event) => (get(ctx.raw, keys) || []).map((one, index) => {
      const own = [...keys, index], property = one?.property ?? "";
      return [
        word(index ? "and" : "where"),
        combo({ key: ctx.key([...own, "property"]), label: "Property", value: property, plain: true, placeholder: "property", ask: (typed) => ctx.ask("properties", { event, q: typed }), onPick: (value) => ctx.set([...own, "property"], value) }),
        ...condition(ctx, own, (typed) => ctx.ask("values", { event, name: property, q: typed })),
        button({ key: ctx.key([...own, "x"]), text: "×", label: "Take out this condition", className: "b-x", onClick: () => {
          const rest = get(ctx.raw, keys).filter((_, each) => each !== index);
          ctx.set(keys, rest.length ? rest : undefined, { focus: ctx.key([...keys, "add"]) });
        } }),
      ];
    });
    const addWhere = (ctx, keys) => button({ key: ctx.key([...keys, "add"]), text: "+ where", title: "Add a condition on the event's properties", className: "b-quiet", onClick: () => {
      const list = get(ctx.raw, keys) || [];
      ctx.set(keys, [...list, { property: "", is: "eq" }], { focus: ctx.key([...keys, list.length, "property"]) });
    } });

    const count = (ctx, keys) => {
      const raw = get(ctx.raw, keys) || { gte: 1 };
      const kind = Object.keys(raw)[0], bound = raw[kind], isNever = kind === "eq" && bound === 0;
      const label = "How often";
      const change = (picked) => {
        const low = typeof bound === "number" && bound > 0 ? bound : Array.isArray(bound) ? bound[0] : 1;
        const made = { gte: { gte: low || 1 }, lte: { lte: low || 1 }, eq: { eq: low || 1 }, between: { between: [low || 1, (low || 1) + 1] }, never: { eq: 0 } }[picked];
        ctx.set(keys, picked === "gte" && made.gte === 1 ? undefined : made, { focus: ctx.key([...keys, "kind"]) });
      };
      const unit = word(bound === 1 ? "time" : "times"); // follows what is typed: the row is not drawn anew meanwhile
      const parts = [choice({ key: ctx.key([...keys, "kind"]), label, value: isNever ? "never" : kind, options: TIMES, onChange: change })];
      if (isNever) return parts;
      if (kind === "between") {
        [0, 1].forEach((place) => {
          if (place) parts.push(word("and"));
          parts.push(number({ key: ctx.key([...keys, kind, place]), label: place ? "Most times" : "Fewest times", value: bound?.[place], onInput: (typed) => ctx.type([...keys, kind, place], typed) }));
        });
      } else parts.push(number({ key: ctx.key([...keys, kind]), label: "Times", value: bound, onInput: (typed) => { unit.textContent = typed === 1 ? "time" : "times"; ctx.type([...keys, kind], typed); } }));
      return [...parts, unit];
    };

    const WINDOWS = [["ever", "at any time"], ["days", "in the last"], ["between", "between"], ...calendar.map((one) => [`calendar:${one.name}`, one.words])];
    const within = (ctx, keys) => {
      const raw = get(ctx.raw, keys), kind = raw && typeof raw === "object" ? Object.keys(raw)[0] : "ever";
      const shown = kind === "calendar" ? `calendar:${raw.calendar}` : kind;
      const change = (picked) => {
        const name = picked.startsWith("calendar:") ? { calendar: picked.slice(9) } : { ever: undefined, days: { days: raw?.days || 30 }, between: { between: ["", ""] } }[picked];
        ctx.set(keys, name, { focus: ctx.key([...keys, "kind"]) });
      };
      const parts = [choice({ key: ctx.key([...keys, "kind"]), label: "When", value: shown, options: WINDOWS, onChange: change })];
      if (kind === "days") parts.push(number({ key: ctx.key([...keys, "days"]), label: "Days", min: 1, value: raw.days, onInput: (typed) => ctx.type([...keys, "days"], typed) }), word(raw.days === 1 ? "day" : "days"));
      if (kind === "between") {
        parts.push(date({ key: ctx.key([...keys, kind, 0]), label: "From", value: raw.between?.[0], onInput: (typed) => ctx.type([...keys, kind, 0], typed) }), word("and before"));
        parts.push(date({ key: ctx.key([...keys, kind, 1]), label: "Before", value: raw.between?.[1], onInput: (typed) => ctx.type([...keys, kind, 1], typed) }));
      }
      return parts;
    };

    const metricTime = { value: language.time, words: "time", note: "when it happened" };
    const channel = (ctx) => (ctx.raw.channel === undefined ? [] : [
      word("on"),
      combo({ key: ctx.key(["channel"]), label: "Channel", value: ctx.raw.channel, plain: true, placeholder: "channel", ask: (typed) => ctx.ask("channels", { q: typed }), onPick: (value) => ctx.set(["channel"], value) }),
      button({ key: ctx.key(["channel", "x"]), text: "×", label: "Take out the channel", className: "b-x", onClick: () => ctx.set(["channel"], undefined, { focus: ctx.key([ctx.raw.did === undefined ? "event" : "did"]) }) }),
    ]);

    const DRAW = {
      did: (ctx) => {
        const more = [addWhere(ctx, ["where"])];
        if (ctx.raw.channel === undefined) more.push(button({ key: ctx.key(["channel", "add"]), text: "+ channel", title: "Only on one channel", className: "b-quiet", onClick: () => ctx.set(["channel"], "", { focus: ctx.key(["channel"]) }) }));
        return [
          [word("did"), eventPick(ctx, ["did"]), ...channel(ctx), ...count(ctx, ["count"]), ...within(ctx, ["within"])],
          ...where(ctx, ["where"], ctx.raw.did), more,
        ];
      },
      metric: (ctx) => {
        const { raw } = ctx;
        const kind = language.metrics.find((one) => one.name === raw.metric), money = language.money;
        const amount = money.metrics.includes(raw.metric) && money.of.includes(raw.of) && raw.event === money.event;
        const pick = (name) => {
          const now = language.metrics.find((one) => one.name === name);
          ctx.change([[["metric"], name], [["of"], now?.of ? raw.of ?? "" : undefined]], ctx.key(["metric"]));
        };
        const ask = async (typed) => {
          const found = await ctx.ask("properties", { event: raw.event, q: typed });
          return /time/.test(kind?.of) && "time".startsWith(typed.toLowerCase()) ? { ...found, items: [metricTime, ...found.items] } : found;
        };
        const first = [
          choice({ key: ctx.key(["metric"]), label: "Figure", value: raw.metric, options: language.metrics.map((one) => [one.name, one.words]), onChange: pick }),
          ...(kind?.of ? [combo({ key: ctx.key(["of"]), label: "Property", value: raw.of, plain: true, placeholder: "property", ask, onPick: (value) => ctx.set(["of"], value) }), word("of")] : []),
          eventPick(ctx, ["event"]), ...channel(ctx), ...within(ctx, ["within"]),
        ];
        const second = condition(ctx, [], (typed) => ctx.ask("values", { event: raw.event, name: raw.of, q: typed }));
        if (amount || raw.currency !== undefined) second.push(combo({ key: ctx.key(["currency"]), label: "Currency", value: raw.currency ?? "", plain: true, placeholder: "currency", ask: (typed) => ctx.ask("currencies", { q: typed }), onPick: (value) => ctx.set(["currency"], value.toUpperCase() || undefined) }));
        if (amount || raw.gross !== undefined) second.push(choice({ key: ctx.key(["gross"]), label: "Refunds", value: raw.gross ? "gross" : "net", options: [["net", "less refunds and cancellations"], ["gross", "refunds and cancellations ignored"]], onChange: (picked) => ctx.set(["gross"], picked === "gross" ? true : undefined, { focus: ctx.key(["gross"]) }) }));
        return [first, second, ...where(ctx, ["where"], raw.event), [addWhere(ctx, ["where"])]];
      },
      sequence: (ctx) => {
        const steps = Array.isArray(ctx.raw.sequence) ? ctx.raw.sequence : [];
        const lines = steps.flatMap((step, index) => {
          const keys = ["sequence", index], key = step && "did_not" in step ? "did_not" : "did", after = step?.after;
          const unit = after ? Object.keys(after)[0] : "days";
          const line = [word(index ? (key === "did_not" ? "and then not" : "then") : "first"), eventPick(ctx, [...keys, key], `Event of step ${index + 1}`)];
          if (index && after) line.push(word("within"),
            number({ key: ctx.key([...keys, "after", "n"]), label: "How long after", min: 1, value: after[unit], onInput: (typed) => ctx.type([...keys, "after", unit], typed) }),
            choice({ key: ctx.key([...keys, "after", "unit"]), label: "Unit", value: unit, options: language.units.map((one) => [one, one]), onChange: (picked) => ctx.set([...keys, "after"], { [picked]: after[unit] }, { focus: ctx.key([...keys, "after", "unit"]) }) }), word("after it"));
          if (index && !after) line.push(button({ key: ctx.key([...keys, "after", "add"]), text: "+ within", title: "Only so long after the step before", className: "b-quiet", onClick: () => ctx.set([...keys, "after"], { days: 1 }, { focus: ctx.key([...keys, "after", "n"]) }) }));
          if (index && after && key === "did") line.push(button({ key: ctx.key([...keys, "after", "x"]), text: "any time after", title: "However long after", className: "b-quiet", onClick: () => ctx.set([...keys, "after"], undefined, { focus: ctx.key([...keys, "after", "add"]) }) }));
          line.push(addWhere(ctx, [...keys, "where"]));
          if (steps.length > 1) line.push(button({ key: ctx.key([...keys, "x"]), text: "×", label: `Take out step ${index + 1}`, className: "b-x", onClick: () => {
            const rest = steps.filter((_, each) => each !== index);
            if (rest[0]?.after) rest[0] = Object.fromEntries(Object.entries(rest[0]).filter(([name]) => name !== "after"));
            ctx.set(["sequence"], rest, { focus: ctx.key(["sequence", "add"]) });
          } }));
          return [line, ...where(ctx, [...keys, "where"], step?.[key])];
        });
        const add = (step) => () => ctx.set(["sequence"], [...steps, step], { focus: ctx.key(["sequence", steps.length, "did" in step ? "did" : "did_not"]) });
        const isOver = steps.length > 0 && "did_not" in (steps[steps.length - 1] || {});
        const more = isOver ? [] : [
          button({ key: ctx.key(["sequence", "add"]), text: "+ then", title: "Add a step", className: "b-quiet", onClick: add({ did: "", after: { days: 1 } }) }),
          button({ key: ctx.key(["sequence", "not"]), text: "+ and then not", title: "End with something that did not happen", className: "b-quiet", onClick: add({ did_not: "", after: { hours: 24 } }) }),
        ];
        return [...lines, [word("all of it"), ...within(ctx, ["within"]), ...more]];
      },
      product: (ctx) => {
        const [verb] = VERBS.find(([each]) => each in ctx.raw), facets = ctx.raw[verb] || {};
        const asks = { category: "categories", brand: "brands", product_id: "products" };
        const used = Object.keys(facets);
        const line = (facet, index) => {
          const keys = [verb, facet], parts = [];
          if (index) parts.push(word("and"));
          parts.push(choice({ key: ctx.key([verb, "facet", index]), label: "Which products", value: facet, options: FACETS.filter(([name]) => name === facet || !used.includes(name)), onChange: (picked) => {
            const renamed = Object.fromEntries(Object.entries(facets).map(([name, value]) => (name === facet ? [picked, picked === "attribute" ? { name: "", is: "in" } : []] : [name, value])));
            ctx.set([verb], renamed, { focus: ctx.key([verb, "facet", index]) });
          } }));
          if (facet === "attribute") parts.push(...attribute(ctx, Array.isArray(facets[facet]) ? [...keys, 0] : keys));
          else parts.push(chips({ key: ctx.key(keys), label: FACETS.find(([name]) => name === facet)?.[1] || facet, values: Array.isArray(facets[facet]) ? facets[facet] : [], plain: true, wordsOf: (value) => ctx.names(asks[facet], value) ?? said(value), ask: (typed) => ctx.ask(asks[facet], { q: typed }), onChange: (list, focus) => ctx.set(keys, list, { focus }) }));
          if (used.length > 1) parts.push(button({ key: ctx.key([verb, "x", index]), text: "×", label: "Take this out", className: "b-x", onClick: () => ctx.set(keys, undefined, { focus: ctx.key([verb, "add"]) }) }));
          return parts;
        };
        const left = FACETS.filter(([name]) => !used.includes(name));
        const more = left.length ? [button({ key: ctx.key([verb, "add"]), text: "+ which", title: "Narrow the products further", className: "b-quiet", onClick: () => ctx.set([verb, left[0][0]], left[0][0] === "attribute" ? { name: "", is: "in" } : [], { focus: ctx.key([verb, "facet", used.length]) }) })] : [];
        const verbs = choice({ key: ctx.key(["verb"]), label: "What they did", value: verb, options: VERBS, onChange: (picked) => ctx.rename(verb, picked, ctx.key(["verb"])) });
        return [[verbs, word("products"), ...count(ctx, ["count"]), ...within(ctx, ["within"])], ...used.map(line), more];
      },
      trait: (ctx) => [[
        combo({ key: ctx.key(["trait"]), label: "Trait", value: ctx.raw.trait, plain: true, placeholder: "choose a trait", ask: (typed) => ctx.ask("traits", { q: typed }), onPick: (value) => ctx.set(["trait"], value) }),
        ...condition(ctx, [], (typed) => ctx.ask("trait_values", { name: ctx.raw.trait, q: typed })),
      ]],
      score: (ctx) => [[
        word("score"),
        combo({ key: ctx.key(["score"]), label: "Score", value: ctx.raw.score, plain: true, placeholder: "choose a score", ask: (typed) => ctx.ask("scores", { q: typed }), onPick: (value) => ctx.set(["score"], value) }),
        ...condition(ctx, [], (typed) => ctx.ask("trait_values", { name: `score.${ctx.raw.score}`, q: typed })),
        ...fresh(ctx),
      ]],
      in_segment: (ctx) => [[word("is in segment"), named(ctx, "in_segment", "segments", "choose a segment")]],
      in_list: (ctx) => [[word("is on list"), named(ctx, "in_list", "lists", "choose a list")]],
      consent: (ctx) => [[
        choice({ key: ctx.key(["is"]), label: "Allows or refuses", value: ctx.raw.is, options: [["granted", "allows"], ["denied", "does not allow"]], onChange: (picked) => ctx.set(["is"], picked, { focus: ctx.key(["is"]) }) }),
        choice({ key: ctx.key(["consent"]), label: "Purpose", value: ctx.raw.consent, options: Object.entries(language.purposes || {}), onChange: (picked) => ctx.set(["consent"], picked, { focus: ctx.key(["consent"]) }) }),
      ]],
      has: (ctx) => [[
        combo({ key: ctx.key(["has"]), label: "Identifier", value: ctx.raw.has, words: ctx.names("kinds", ctx.raw.has), plain: true, closed: true, ask: (typed) => ctx.ask("kinds", { q: typed }), onPick: (value) => ctx.set(["has"], value) }),
      ]],
      unknown: (ctx) => [[word("as JSON:"), text({ key: ctx.key(["raw"]), label: "Clause as JSON", value: JSON.stringify(ctx.raw), onInput: (typed) => { try { ctx.type([], JSON.parse(typed)); } catch { /* not yet JSON */ } } })]],
    };

    const fresh = (ctx) => {
      const days = ctx.raw.fresh_within?.days;
      if (ctx.raw.fresh_within === undefined) return [button({ key: ctx.key(["fresh", "add"]), text: "+ not older than", title: "Only a score computed lately", className: "b-quiet", onClick: () => ctx.set(["fresh_within"], { days: 7 }, { focus: ctx.key(["fresh_within", "days"]) }) })];
      return [
        word("computed in the last"), number({ key: ctx.key(["fresh_within", "days"]), label: "Days", min: 1, value: days, onInput: (typed) => ctx.type(["fresh_within", "days"], typed) }), word(days === 1 ? "day" : "days"),
        button({ key: ctx.key(["fresh", "x"]), text: "×", label: "However old", className: "b-x", onClick: () => ctx.set(["fresh_within"], undefined, { focus: ctx.key(["fresh", "add"]) }) }),
      ];
    };

    const named = (ctx, key, what, placeholder) => combo({
      key: ctx.key([key]), label: what === "segments" ? "Segment" : "List", value: ctx.raw[key], words: ctx.names(what, ctx.raw[key]), plain: true, closed: true, placeholder,
      ask: (typed) => ctx.ask(what, { q: typed }), onPick: (value) => ctx.set([key], value),
    });

    /** A condition on an attribute of the catalog; of a list of them the first: the others are changed in the JSON. */
    const attribute = (ctx, keys) => {
      const name = get(ctx.raw, [...keys, "name"]);
      return [
        combo({ key: ctx.key([...keys, "name"]), label: "Attribute", value: name, plain: true, placeholder: "attribute", ask: (typed) => ctx.ask("attributes", { q: typed }), onPick: (value) => ctx.set([...keys, "name"], value) }),
        ...condition(ctx, keys, (typed) => ctx.ask("attribute_values", { name, q: typed })),
      ];
    };

    /** The kinds this server understands. */
    const kinds = KINDS.filter((one) => understood.has(one.node || one.key));
    const lines = (ctx) => DRAW[kindOf(ctx.raw)](ctx);

    const MISSING = { did: "Choose an event.", did_not: "Choose an event.", event: "Choose an event.", trait: "Choose a trait.", property: "Choose a property.", of: "Choose a property.", value: "Choose a value.", is: "Choose how it compares.", in_segment: "Choose a segment.", in_list: "Choose a list.", score: "Choose a score.", consent: "Choose a purpose.", channel: "Choose a channel.", currency: "Choose a currency.", category: "Choose a category.", brand: "Choose a brand.", product_id: "Choose a product.", name: "Choose an attribute.", values: "Choose a value.", days: "Say how many days.", between: "Choose both dates.", has: "Choose an identifier." };
    const isBlank = (value) => value === undefined || value === null || value === "" || (Array.isArray(value) && value.every(isBlank));
    /** What the server says of a clause, in the words of someone who has only not come to it yet: [words, is only missing]. */
    const trouble = (raw, rest, message) => {
      const keys = [...rest.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)].map((part) => part[1] ?? Number(part[2]));
      const here = keys.length ? get(raw, keys) : raw;
      const name = [...keys].reverse().find((key) => typeof key === "string");
      if (isBlank(here) && name && MISSING[name]) return [MISSING[name], true];
      if (here && typeof here === "object" && "metric" in here && isBlank(here.currency) && /name the currency/.test(message)) return [MISSING.currency, true];
      if (here && typeof here === "object" && operators.has(here.is) && isBlank(here.value) && /takes a value/.test(message)) return [MISSING.value, true];
      return [`${message[0].toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? "" : "."}`, false];
    };

    return { kinds, lines, trouble, kindOf, said, eventPick, where, addWhere };
  };

  return { make, kindOf, KINDS, nothing };
})();
