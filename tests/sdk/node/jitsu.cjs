// @jitsu/js in Node as a shop's server uses it; its keys are pairs. HOST and WRITE_KEY come from the environment.
const { jitsuAnalytics } = require("@jitsu/js");

async function main() {
  const jitsu = jitsuAnalytics({ host: process.env.HOST, writeKey: `${process.env.WRITE_KEY}:secret`, s2s: false });
  await jitsu.setAnonymousId("laptop-1");
  await jitsu.identify("ada", { email: "ada@example.com", plan: "gold" });
  await jitsu.track("Product Added", { cart_id: "cart-1", ...JSON.parse(process.env.PRODUCT) });
  await jitsu.page({ name: "Home", url: "https://shop.example/", path: "/" });
  await jitsu.group("team-1", { name: "Team" });
}

main().catch((error) => {
  console.error("SDK error", error);
  process.exit(1);
});
