/* The panel's forms: one for each kind of trigger and step, in plain words. A form gets the thing and `set(changes)`. */
window.JourneyForms = (() => {
  const { element, button } = window.RuleControls;
  const Fields = window.JourneyFields;
  const { text, number, time, select, tick, suggesting, many, duration, weekdays, group } = Fields;

  /** What can be added, in the order of the menu: [kind, icon, words, hint, what a new one begins with]. */
  const STEPS = [
    ["send", "mail", "Send a message", "an e-mail, SMS or push", { do: "send", channel: "email", template: "" }],
    ["wait", "schedule", "Wait", "some minutes, hours or days", { do: "wait", for: { days: 1 } }],
    ["wait_until", "today", "Wait until a time of day", "in the person's own zone, on chosen weekdays", { do: "wait_until", at: "10:00", weekdays: [1, 2, 3, 4, 5] }],
    ["wait_for", "hourglass_top", "Wait for something to happen", "an event, or a time limit", { do: "wait_for", event: "", where: [], timeout: { days: 2 }, then: [], else: [] }],
    ["branch", "call_split", "Branch by a rule", "different ways for different people", { do: "branch", arms: [{ if: { all: [] }, name: "Way 1", steps: [] }], else: [] }],
    ["split", "percent", "Split by share", "A/B: the same person always goes the same way", { do: "split", arms: [{ name: "A", share: 0.5, steps: [] }, { name: "B", share: 0.5, steps: [] }] }],
    ["give_offer", "sell", "Give an offer", "a code that mails after it can show", { do: "give_offer", title: "", code: "", days: 7 }],
    ["set_trait", "badge", "Set a trait", "remember something of the person", { do: "set_trait", trait: "", value: "" }],
    ["add_to_list", "playlist_add", "Add to a list", "a list of people you keep", { do: "add_to_list", list: "" }],
    ["webhook", "webhook", "Call a webhook", "tell another system", { do: "webhook", endpoint: null, name: "" }],
    ["notify_staff", "notifications", "Notify staff", "a mail to your own team", { do: "notify_staff", to: [], text: "" }],
    ["exit", "logout", "End here", "nothing after this happens", { do: "exit", label: "" }],
  ];
  const KINDS = Object.fromEntries(STEPS.map(([kind, icon, words, hint, blank]) => [kind, { icon, words, hint, blank }]));

  const TRIGGERS = [
    ["cart_abandoned", "Somebody leaves a cart behind", { idle_minutes: 60, max_age_hours: 72 }],
    ["browse_abandoned", "Somebody looks at products and leaves", { idle_minutes: 120, max_age_hours: 72 }],
    ["event", "Something happens", { event: "", where: [] }],
    ["segment_entered", "Somebody enters a segment", { segment: "" }],
    ["segment_left", "Somebody leaves a segment", { segment: "" }],
    ["order_stage", "An order reaches a stage", { stage: "placed" }],
    ["back_in_stock", "A product is back in stock", {}],
    ["price_drop", "A product costs less", { min_percent: 5 }],
    ["date_trait", "A date of theirs comes (birthday, renewal)", { trait: "birthday", annual: true, days_before: 0, at: "09:00" }],
    ["schedule", "Every day, week or month for a segment", { segment: "", every: "week", weekday: 1, at: "09:00" }],
    ["api", "Your own software says so", {}],
  ];
  const STAGES = [["placed", "placed"], ["shipped", "shipped"], ["delivered", "delivered"], ["cancelled", "cancelled"], ["refunded", "refunded"]];
  const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"].map((name, index) => [String(index + 1), name]);
  const ordinal = (n) => `${n}${[, "st", "nd", "rd"][n % 100 > 10 && n % 100 < 14 ? 0 : n % 10] || "th"}`; // eslint-disable-line no-sparse-arrays
  const AGE = "Carts and visits that are older are not written about any more.";

  const eventBlock = (kit, label, value, changed) => group(label, [window.JourneyRule.eventWith({ value, clauses: kit.clauses, ask: kit.ask, label, changed })], "Only events that came in so far are suggested; any other name can be typed.");

  /** A rule, or none yet with what to begin with. set(rule or null). */
  const ruleBlock = (kit, { label, rule, optional, help, set }) => {
    const box = element("div", { className: "j-field", role: "group", "aria-label": label });
    const draw = (now) => {
      const head = [element("span", { className: "j-label", text: label })];
      if (help) head.push(element("p", { className: "j-help", text: help }));
      if (now === null || now === undefined) {
        const begin = (fresh) => { set(fresh); draw(fresh); };
        const pick = element("select", { "aria-label": `${label}: a segment`, children: [element("option", { value: "", text: "Choose a segment…" }), ...kit.choices.segments.map(([slug, name]) => element("option", { value: slug, text: name }))], on: { change: (event) => { if (event.target.value) begin({ in_segment: event.target.value }); } } });
        box.replaceChildren(...head, element("div", { className: "j-begin", children: [pick, element("span", { className: "h-soft", text: "or" }), button({ key: "rule-own", text: "Make a rule", onClick: () => begin({ all: [] }) })] }));
        return;
      }
      const drop = optional ? [button({ key: "rule-drop", text: "Take the rule out", className: "b-quiet", onClick: () => { set(null); draw(null); } })] : [];
      box.replaceChildren(...head, window.JourneyRule.mount({ rule: now, language: kit.language, clauses: kit.clauses, ask: kit.ask, previewUrl: kit.urls.preview, token: kit.token, say: kit.say, isEditable: kit.isEditable, changed: set }), ...drop);
    };
    draw(rule);
    return box;
  };

  const isNone = (rule) => !rule || (Array.isArray(rule.all) && !rule.all.length && Object.keys(rule).length === 1);

  const trigger = (kit, now, set, redraw) => {
    const change = (changes) => { now = { ...now, ...changes }; set(now); };
    const on = select("It starts when", now.on, TRIGGERS.map(([value, words]) => [value, words]), (picked) => {
      const [, , blank] = TRIGGERS.find(([value]) => value === picked);
      set({ on: picked, ...structuredClone(blank) });
      redraw();
    });
    const idle = (what) => [
      number(`Minutes without ${what}`, now.idle_minutes, (n) => change({ idle_minutes: n }), { min: 5, help: "From then on it counts as left behind." }),
      number("Not when it is older than, in hours", now.max_age_hours, (n) => change({ max_age_hours: n }), { min: 1, help: AGE }),
    ];
    const segment = (label) => select(label, now.segment, kit.choices.segments, (slug) => change({ segment: slug }));
    const more = {
      cart_abandoned: () => idle("anything happening in the cart"),
      browse_abandoned: () => idle("a further look"),
      event: () => [eventBlock(kit, "Which event", now, change)],
      segment_entered: () => [segment("Which segment")],
      segment_left: () => [segment("Which segment")],
      order_stage: () => [select("Which stage", now.stage, STAGES, (stage) => change({ stage }))],
      back_in_stock: () => [number("Who looked at it or had it in the cart in the last days", now.within_days ?? 30, (n) => change({ within_days: n }), { min: 1, help: "And has not bought it since." })],
      price_drop: () => [
        number("At least so many percent less", now.min_percent, (n) => change({ min_percent: n }), { min: 1, max: 90 }),
        number("Who looked at it or had it in the cart in the last days", now.within_days ?? 30, (n) => change({ within_days: n }), { min: 1, help: "And has not bought it since." }),
      ],
      date_trait: () => [
        suggesting("Which trait holds the date", now.trait, (typed) => kit.ask("traits", { q: typed }), (name) => change({ trait: name })),
        tick("Every year again", now.annual, (yes) => change({ annual: yes }), { help: "A birthday comes every year, the end of a contract once." }),
        number("So many days before it", now.days_before, (n) => change({ days_before: n }), { max: 365 }),
        time("At, in the person's own time", now.at, (at) => change({ at })),
      ],
      schedule: () => [
        segment("For everybody in the segment"),
        select("How often", now.every, [["day", "every day"], ["week", "every week"], ["month", "every month"]], (every) => { const { weekday, day, ...rest } = now; now = rest; change({ every, ...(every === "week" ? { weekday: 1 } : every === "month" ? { day: 1 } : {}) }); redraw(); }),
        ...(now.every === "week" ? [select("On", String(now.weekday || 1), WEEKDAYS, (day) => change({ weekday: Number(day) }))] : []),
        ...(now.every === "month" ? [select("On the", String(now.day || 1), Array.from({ length: 28 }, (_, n) => [String(n + 1), ordinal(n + 1)]), (day) => change({ day: Number(day) }))] : []),
        time("At, in the person's own time", now.at, (at) => change({ at })),
      ],
      api: () => [element("p", { className: "j-help", text: "Your server calls POST /v1/journeys/…/trigger for a person. See docs/automation-api.md." })],
    }[now.on];
    return [on, ...(more ? more() : [])];
  };

  const arms = (kit, step, set, redraw, isSplit) => {
    const put = (index, changes) => { step = { ...step, arms: step.arms.map((arm, each) => (each === index ? { ...arm, ...changes } : arm)) }; set(step); };
    const blocks = step.arms.map((arm, index) => element("fieldset", { className: "j-arm-form", children: [
      element("legend", { text: isSplit ? `Way ${index + 1}` : index ? `Otherwise, way ${index + 1}` : "First way" }),
      text("Name", arm.name, (name) => put(index, { name }), { placeholder: isSplit ? "A" : "e.g. Good customers" }),
      isSplit ? number("Share in percent", Math.round((arm.share || 0) * 1000) / 10, (n) => put(index, { share: (n || 0) / 100 }), { min: 1, max: 100 })
        : ruleBlock(kit, { label: "Who goes this way", rule: isNone(arm.if) ? null : arm.if, set: (rule) => put(index, { if: rule ?? { all: [] } }) }),
      step.arms.length > (isSplit ? 2 : 1) && kit.isEditable ? button({ key: `arm-x${index}`, text: "Take this way out", className: "b-quiet", onClick: () => { set({ ...step, arms: step.arms.filter((_, each) => each !== index) }); redraw(); } }) : null,
    ] }));
    const extra = isSplit
      ? [button({ key: "arm-even", text: "Share evenly", onClick: () => { const share = Math.round(1000 / step.arms.length) / 1000; set({ ...step, arms: step.arms.map((arm, index) => ({ ...arm, share: index ? share : Math.round((1 - share * (step.arms.length - 1)) * 1000) / 1000 })) }); redraw(); } })] : [];
    const add = button({ key: "arm-add", text: "+ Another way", onClick: () => { set({ ...step, arms: [...step.arms, isSplit ? { name: String.fromCharCode(65 + step.arms.length), share: 0, steps: [] } : { if: { all: [] }, name: `Way ${step.arms.length + 1}`, steps: [] }] }); redraw(); } });
    return [...blocks, element("div", { className: "b-bar", children: kit.isEditable ? [add, ...extra] : [] }),
      element("p", { className: "j-help", text: isSplit ? "The same person always goes the same way, also next time." : "Ways are tried in this order; who fits none goes on as “Everybody else”. Afterwards all go on with the step below." })];
  };

  const FORMS = {
    send: (kit, step, set, redraw) => {
      const list = kit.choices.templates.filter((one) => one.kind === "marketing" || one.slug === step.template);
      const chosen = list.find((one) => one.slug === step.template);
      const links = [
        chosen?.preview ? element("a", { className: "h-link", href: chosen.preview, target: "_blank", rel: "noopener", text: `Look at “${chosen.name}”` }) : null,
        kit.urls.templates ? element("a", { className: "h-link", href: kit.urls.templates, target: "_blank", rel: "noopener", text: "All mail templates" }) : null,
      ];
      return [
        select("By", step.channel, [["email", "E-mail"], ["sms", "SMS"], ["push", "Push message"]], (channel) => set({ ...step, channel })),
        select("Which mail", step.template, list.map((one) => [one.slug, one.published ? one.name : `${one.name} (not published yet)`]), (template) => { set({ ...step, template }); redraw(); }, { help: chosen ? chosen.subject && `Subject: ${chosen.subject}` : "Templates are made under Mail → Templates." }),
        element("p", { className: "j-links", children: links }),
        element("p", { className: "j-help", text: "Whether it may go is decided at that very moment: consent, suppression, how often they were written to across everything, quiet hours in their zone. Who may not get it goes on with the next step, and the reason is counted here." }),
      ];
    },
    wait: (kit, step, set) => [duration("Wait for", step.for, (value) => set({ ...(step = { ...step, for: value }) }), { help: "From the moment they come here; after a message, from the moment it went out." })],
    wait_until: (kit, step, set) => {
      const change = (changes) => { step = { ...step, ...changes }; set(step); };
      return [time("Until", step.at, (at) => change({ at }), { help: "In the person's own time zone, where it is known; else in the shop's." }), weekdays("On these days", step.weekdays, (days) => change({ weekdays: days }))];
    },
    wait_for: (kit, step, set) => {
      const change = (changes) => { step = { ...step, ...changes }; set(step); };
      return [eventBlock(kit, "Until this happens", step, change), duration("But no longer than", step.timeout, (timeout) => change({ timeout }), { help: "Then they go the way “It did not”." })];
    },
    branch: (kit, step, set, redraw) => arms(kit, step, set, redraw, false),
    split: (kit, step, set, redraw) => arms(kit, step, set, redraw, true),
    set_trait: (kit, step, set) => {
      const change = (changes) => { step = { ...step, ...changes }; set(step); };
      return [suggesting("Trait", step.trait, (typed) => kit.ask("traits", { q: typed }), (trait) => change({ trait })), text("Value", step.value, (value) => change({ value: window.RuleControls.meant(value) }))];
    },
    add_to_list: (kit, step, set) => [select("List", step.list, kit.choices.lists, (list) => set({ ...step, list }), { help: "Lists are made under Segments → Lists." })],
    give_offer: (kit, step, set, redraw) => {
      const change = (changes) => { step = { ...step, ...changes }; set(step); };
      const days = number("Good for, in days", step.days, (value) => change({ days: value }), { min: 1, max: 365 });
      const offers = kit.choices.offers ?? [];
      const choose = offers.length || step.offer ? select("Offer", step.offer ?? "", [["", "None of ours: a code typed here"], ...offers], (offer) => {
        const { offer: _, ...rest } = step;
        set(step = offer ? { ...rest, offer, title: "", code: "" } : { ...rest, title: "", code: "" });
        redraw();
      }, { help: "Offers are made under Offers. Each person gets a code of their own, once." }) : null;
      if (step.offer) return [choose, text("What mails call it", step.title, (title) => change({ title }), { placeholder: "as the offer says, in their language" }), days];
      return [
        choose,
        text("What it is", step.title, (title) => change({ title }), { placeholder: "10 % off", help: "Mails after this step can show it." }),
        text("Code", step.code, (code) => change({ code }), { placeholder: "BACK10", help: "The code must exist in your shop: it is shown, not made, by this." }),
        days,
      ];
    },
    webhook: (kit, step, set) => {
      const change = (changes) => { step = { ...step, ...changes }; set(step); };
      return [
        select("Whom to tell", step.endpoint === null || step.endpoint === undefined ? "" : String(step.endpoint), kit.choices.recipients, (id) => change({ endpoint: /^\d+$/.test(id) ? Number(id) : id }), { help: "Recipients are set up under Consent & privacy." }),
        text("Name of the call", step.name, (name) => change({ name }), { help: "So that the receiver knows what it is about." }),
      ];
    },
    notify_staff: (kit, step, set) => {
      const change = (changes) => { step = { ...step, ...changes }; set(step); };
      return [many("To", step.to, async () => ({ items: [], empty: "Type an address and press Enter." }), (to) => change({ to })), text("What it says", step.text, (words) => change({ text: words }), { long: true })];
    },
    exit: (kit, step, set) => [text("Why it ends here", step.label, (label) => set({ ...step, label }), { help: "A few words for the counts." })],
  };

  /** Who may come in: the audience. */
  const audience = (kit, graph, set) => [ruleBlock(kit, { label: "Only those who", rule: graph.audience, optional: true, help: "Asked at the moment it starts for them. Without a rule it is for everybody whom the trigger concerns.", set })];

  const goal = (kit, now, set, redraw) => {
    if (!now) return [element("p", { className: "j-help", text: "The goal is what the journey is for. Who reaches it leaves the journey and is counted." }), kit.isEditable ? button({ key: "goal-add", text: "Set a goal", onClick: () => { set({ event: "Order Completed", where: [], within_days: 7 }); redraw(); } }) : null];
    const change = (changes) => { now = { ...now, ...changes }; set(now); };
    return [
      eventBlock(kit, "Reached when this happens", now, change),
      number("Counted for so many days after they came in", now.within_days, (n) => change({ within_days: n }), { min: 1, max: 90 }),
      kit.isEditable ? button({ key: "goal-x", text: "Do without a goal", className: "b-quiet", onClick: () => { set(null); redraw(); } }) : null,
    ];
  };

  const exits = (kit, list, set, redraw) => {
    const put = (index, value) => { list = list.map((one, each) => (each === index ? value : one)); set(list); };
    const blocks = list.map((one, index) => element("fieldset", { className: "j-arm-form", children: [
      element("legend", { text: `Ends early ${list.length > 1 ? index + 1 : ""}`.trim() }),
      ...("event" in one ? [eventBlock(kit, "When this happens", one, (value) => put(index, { ...one, ...value }))]
        : [text("In a few words", one.label, (label) => { one = { ...one, label }; put(index, one); }, { placeholder: "e.g. became a customer" }),
          ruleBlock(kit, { label: "When this comes true of them", rule: isNone(one.rule) ? null : one.rule, set: (rule) => { one = { ...one, rule: rule ?? { all: [] } }; put(index, one); } })]),
      kit.isEditable ? button({ key: `exit-x${index}`, text: "Take it out", className: "b-quiet", onClick: () => { set(list.filter((_, each) => each !== index)); redraw(); } }) : null,
    ] }));
    return [
      element("p", { className: "j-help", text: "Looked at before every step, and once more when a message is handed over. A cart that is ordered or emptied ends its journey by itself." }),
      ...blocks,
      kit.isEditable ? element("div", { className: "b-bar", children: [
        button({ key: "exit-event", text: "+ When something happens", onClick: () => { set([...list, { event: "", where: [] }]); redraw(); } }),
        button({ key: "exit-rule", text: "+ When a rule comes true", onClick: () => { set([...list, { rule: { all: [] }, label: "" }]); redraw(); } }),
      ] }) : null,
    ];
  };

  return { STEPS, KINDS, FORMS, trigger, audience, goal, exits };
})();
