// posthog-node as a shop's server uses it. HOST and WRITE_KEY come from the environment.
const { PostHog } = require("posthog-node");

async function main() {
  const client = new PostHog(process.env.WRITE_KEY, { host: process.env.HOST, flushAt: 20, flushInterval: 60000 });
  client.on("error", (error) => {
    console.error("SDK error", error);
    process.exitCode = 1;
  });
  client.identify({ distinctId: "ada", properties: { email: "ada@example.com", plan: "gold" } });
  client.capture({ distinctId: "ada", event: "Product Added", properties: { cart_id: "cart-1", ...JSON.parse(process.env.PRODUCT) } });
  client.groupIdentify({ groupType: "company", groupKey: "team-1", properties: { name: "Team" }, distinctId: "ada" });
  client.alias({ distinctId: "ada", alias: "tablet-1" });
  const flags = await client.evaluateFlags("ada");
  console.log("flag", flags.isEnabled("new-checkout"));
  await client.shutdown();
}

main();
