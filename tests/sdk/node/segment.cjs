// @segment/analytics-node (or the older PACKAGE) as a shop's server uses it. HOST and WRITE_KEY come from the environment.
const { Analytics } = require(process.env.PACKAGE || "@segment/analytics-node");

const analytics = new Analytics({ writeKey: process.env.WRITE_KEY, host: process.env.HOST, flushAt: 20, maxRetries: 1 });
analytics.on("error", (error) => {
  console.error("SDK error", error);
  process.exitCode = 1;
});

const consent = { categoryPreferences: { email_marketing: true } };
analytics.identify({ userId: "ada", anonymousId: "laptop-1", traits: { email: "ada@example.com", plan: "gold" }, context: { consent } });
analytics.track({ userId: "ada", event: "Product Added", properties: { cart_id: "cart-1", ...JSON.parse(process.env.PRODUCT) } });
analytics.page({ userId: "ada", category: "Shop", name: "Home", properties: { url: "https://shop.example/" } });
analytics.screen({ anonymousId: "phone-1", name: "Start" });
analytics.group({ userId: "ada", groupId: "team-1", traits: { name: "Team" } });
analytics.alias({ userId: "ada", previousId: "tablet-1" });
analytics.closeAndFlush({ timeout: 20000 });
