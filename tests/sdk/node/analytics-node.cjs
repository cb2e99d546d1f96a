// analytics-node, Segment's first SDK for servers. HOST and WRITE_KEY come from the environment.
const Analytics = require("analytics-node");

const failed = (error) => {
  if (error) {
    console.error("SDK error", error);
    process.exit(1);
  }
};
const client = new Analytics(process.env.WRITE_KEY, { host: process.env.HOST, flushAt: 20, flushInterval: 60000, errorHandler: failed });

client.identify({ userId: "ada", anonymousId: "laptop-1", traits: { email: "ada@example.com", plan: "gold" } });
client.track({ userId: "ada", event: "Added Product", properties: { cart_id: "cart-1", ...JSON.parse(process.env.PRODUCT) } });
client.page({ userId: "ada", category: "Shop", name: "Home", properties: { url: "https://shop.example/" } });
client.screen({ anonymousId: "phone-1", name: "Start" });
client.group({ userId: "ada", groupId: "team-1", traits: { name: "Team" } });
client.alias({ userId: "ada", previousId: "tablet-1" });
client.flush().then(() => process.exit(), failed);
