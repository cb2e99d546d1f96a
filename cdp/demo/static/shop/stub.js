// Calls made before cdp.js has arrived are kept in order: the snippet of docs/cdp-js.md, in a file of its own.
window.cdp = window.cdp || [];
["track", "identify", "page", "reset", "consent", "tcf", "preferences", "ready", "on", "flush", "setAnonymousId", "setUserToken"].forEach(function (name) {
  cdp[name] = cdp[name] || function () { cdp.push([name].concat([].slice.call(arguments))); };
});
