// @rudderstack/rudder-sdk-node (or the older PACKAGE) as a shop's server uses it, gzip included. HOST and WRITE_KEY come from the environment.
const Rudder = require(process.env.PACKAGE || "@rudderstack/rudder-sdk-node");

const client = new Rudder(process.env.WRITE_KEY, { dataPlaneUrl: process.env.HOST, flushAt: 20, flushInterval: 200, gzip: true });
const failed = (error) => {
  if (error) {
    console.error("SDK error", error);
    process.exit(1);
  }
};

client.identify({ userId: "ada", anonymousId: "laptop-1", traits: { email: "ada@example.com", plan: "gold" } }, failed);
client.track({ userId: "ada", event: "Product Added", properties: { cart_id: "cart-1", ...JSON.parse(process.env.PRODUCT) } }, failed);
client.page({ userId: "ada", category: "Shop", name: "Home", properties: { url: "https://shop.example/" } }, failed);
client.screen({ anonymousId: "phone-1", name: "Start" }, failed);
client.group({ userId: "ada", groupId: "team-1", traits: { name: "Team" } }, failed);
client.alias({ userId: "ada", previousId: "tablet-1" }, failed);
client.flush().then(() => process.exit(), failed);
